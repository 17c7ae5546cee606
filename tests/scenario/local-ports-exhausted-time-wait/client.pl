use strict;
use warnings;
use IO::Socket::IP;
use Socket qw(SOL_SOCKET SO_LINGER);

for my $try (1 .. 9) {
    my $socket = IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => $ARGV[1]);
    if (!$socket) {
        print "$try $@\n";
        exit 3;
    }
    close $socket;
}
