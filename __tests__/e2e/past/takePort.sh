#!/bin/sh
# takePort.sh PORT: someone else's exporter answers there, as the unit `stranger`.
set -eu

# shellcheck disable=SC2016 # perl expands them
systemd-run --quiet --collect --unit=stranger perl -MIO::Socket::INET -e '
  my $server = IO::Socket::INET->new(LocalPort => shift, Listen => 20, ReuseAddr => 1) or die $!;
  my $body = "node_load1 0.5\nnode_uname_info{nodename=\"stranger\"} 1\n";
  while (my $client = $server->accept) {
    while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n$/ }
    print $client "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n\r\n$body";
    close $client;
  }' "$1"
