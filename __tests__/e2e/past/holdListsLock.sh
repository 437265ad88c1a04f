#!/bin/sh
# Holds the lock of apt's lists in the background, as apt-daily does after a first boot, until a set-up has run for 15
# seconds. Ends as soon as it is held.
set -eu

# shellcheck disable=SC2016 # perl expands them
systemd-run --quiet --collect --unit=apt-by-hand --service-type=notify --property=NotifyAccess=all \
  perl -MFcntl -e '
    open my $file, "+>", "/var/lib/apt/lists/lock" or die $!;
    # struct flock of a 64-bit Linux: type, whence, start, length, process.
    my $lock = pack "s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0;
    fcntl $file, F_SETLKW, $lock or die $!;
    system "systemd-notify", "--ready";
    sub is_set_up { open my $words, "<", shift or return; (<$words> // "") =~ /sh\0-s\0--\0apply/ }
    sleep 1 until grep { is_set_up $_ } glob "/proc/[0-9]*/cmdline";
    sleep 15;'
