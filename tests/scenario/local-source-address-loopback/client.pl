# SPDX-License-Identifier: MIT
use strict;
use warnings;
use IO::Socket::IP;

my $socket = IO::Socket::IP->new(LocalHost => $ARGV[0], PeerHost => $ARGV[1], PeerPort => 80);
if (!$socket) {
    print "$@\n";
    exit 3;
}
