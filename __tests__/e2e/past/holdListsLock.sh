#!/bin/sh
# Holds the lock of apt's lists in the background, as apt-daily does after a first boot, until the deploy's script has run
# for 15 seconds on this Pi, or 15 minutes at most. This script returns as soon as the lock is held.
set -eu

unit=lists-lock-holder
# An earlier run may have left it.
systemctl stop "$unit" 2>/dev/null || true
systemctl reset-failed "$unit" 2>/dev/null || true

# shellcheck disable=SC2016 # perl expands them
systemd-run --quiet --collect --unit="$unit" --service-type=notify --property=NotifyAccess=all \
  --property=RuntimeMaxSec=900 \
  perl -MFcntl -e '
    open my $file, "+>", "/var/lib/apt/lists/lock" or die $!;
    # struct flock of a 64-bit Linux: type, whence, start, length, process.
    my $lock = pack "s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0;
    fcntl $file, F_SETLKW, $lock or die $!;
    system "systemd-notify", "--ready";
    # components/machine/remoteScript.ts runs the script by `timeout 900 sh -s -- apply`.
    sub runs_set_up { open my $cmdline, "<", shift or return; (<$cmdline> // "") =~ /sh\0-s\0--\0apply/ }
    sleep 1 until grep { runs_set_up $_ } glob "/proc/[0-9]*/cmdline";
    sleep 15;'
