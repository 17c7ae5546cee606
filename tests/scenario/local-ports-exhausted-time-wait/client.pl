# SPDX-License-Identifier: MIT
use strict;
use warnings;
use IO::Socket::IP;

my $server = IO::Socket::IP->new(LocalHost => $ARGV[0], LocalPort => $ARGV[1], Listen => 5)
  or die $@;
for my $try (1 .. 9) {
    my $socket = IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => $ARGV[1]);
    if (!$socket) {
        print "$try $@\n";
        exit 3;
    }
    my $accepted = $server->accept;
    close $socket;
    sysread $accepted, my $end, 1;
    close $accepted;
}
