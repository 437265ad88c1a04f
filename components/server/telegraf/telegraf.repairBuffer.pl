# Repairs Telegraf's disk buffer before Telegraf opens it: Telegraf would end with an error at the first damage.
# A damaged file is copied aside and cut off before the damage. All complete samples stay.
#
# The container has it as /etc/telegraf/repair_buffer.pl:
#   perl repair_buffer.pl BUFFER_FOLDER SET_ASIDE_FOLDER
#
# The buffer of an output is a folder of files. The samples are numbered without a gap, and the name of a file is the number
# of its first sample in 20 digits. A sample is written as its length, a varint, and its value in Go's format gob.
# Sources: github.com/tidwall/wal v1.2.1, telegraf/metric/deserialize.go, encoding/gob.
use strict;
use warnings;

my ($buffer, $set_aside) = @ARGV;

for my $folder (grep { -d } glob "$buffer/*") {
    finish_truncation($folder);
    # The number of the first sample in the following file.
    my $next;
    for my $file (reverse sort grep { m{/\d{20}$} } glob "$folder/*") {
        my $content = read_file($file);
        my ($samples, $end) = scan(\$content);
        if ($end < length $content) {
            keep_copy($file, $content);
            write_file($file, substr $content, 0, $end);
        }
        if ($samples == 0 && defined $next) {
            unlink $file or die "cannot remove $file: $!\n";
            next;
        }
        # The file is numbered so that the next one follows without a gap.
        $next = defined $next ? $next - $samples : substr $file, -20;
        rename $file, sprintf "%s/%020d", $folder, $next or die "cannot rename $file: $!\n";
    }
}

# Completes a truncation that a kill has interrupted, as Telegraf would. It writes the shortened first file as .TEMP, renames
# that to .START, deletes the files before it, and takes .START off the name.
sub finish_truncation {
    my ($folder) = @_;
    unlink glob "$folder/*.TEMP";
    my ($start) = glob "$folder/*.START" or return;
    my $first = $start =~ s/\.START$//r;
    unlink grep { m{/\d{20}$} && $_ lt $first } glob "$folder/*";
    rename $start, $first or die "cannot rename $start: $!\n";
}

# The number of complete samples at the beginning of the content, and where they end.
sub scan {
    my ($content) = @_;
    my ($samples, $position, $last) = (0, 0, 0);
    my $length = length $$content;
    while ($position < $length) {
        my ($size, $start) = varint($content, $position);
        last if !$size || $start + $size > $length;
        ($last, $position) = ($position, $start + $size);
        $samples++;
    }
    # After a power cut, zeros stand for what was not yet on the disk. They begin within a sample. The end of a complete
    # sample is exactly two zero bytes.
    if ($samples > 0) {
        my ($start) = (varint($content, $last))[1];
        my $ends_well = substr($$content, $position - 3, 3) =~ /[^\0]\0\0/s;
        return ($samples - 1, $last) if !$ends_well || !is_gob($content, $start, $position);
    }
    return ($samples, $position);
}

# The varint at a position and where it ends; nothing if there is none.
sub varint {
    my ($content, $position) = @_;
    my $value = 0;
    for (my $shift = 0; $shift < 35 && $position < length $$content; $shift += 7) {
        my $byte = ord substr $$content, $position++, 1;
        $value |= ($byte & 127) << $shift;
        return ($value, $position) if $byte < 128;
    }
    return;
}

# Whether the bytes from start to end are gob messages, one after the other.
sub is_gob {
    my ($content, $start, $end) = @_;
    while ($start < $end) {
        my $size = ord substr $$content, $start++, 1;
        if ($size > 127) {
            my $bytes = 256 - $size;
            $size = hex unpack 'H*', substr $$content, $start, $bytes;
            $start += $bytes;
        }
        return 0 if $size == 0;
        $start += $size;
    }
    return $start == $end;
}

sub keep_copy {
    my ($file, $content) = @_;
    my $copy = join '-', "$set_aside/" . time, (split m{/}, $file)[-2, -1];
    write_file($copy, $content);
    print "set aside a damaged file of the buffer: $copy\n";
}

sub read_file {
    my ($file) = @_;
    open my $handle, '<:raw', $file or die "cannot read $file: $!\n";
    local $/;
    return scalar <$handle> // '';
}

# Writes the file atomically.
sub write_file {
    my ($file, $content) = @_;
    open my $handle, '>:raw', "$file.TEMP" or die "cannot write $file: $!\n";
    print {$handle} $content and close $handle or die "cannot write $file: $!\n";
    rename "$file.TEMP", $file or die "cannot replace $file: $!\n";
}
