# SPDX-License-Identifier: MIT
use strict;
use warnings;
use IO::Socket::IP;

my $server = IO::Socket::IP->new(LocalHost => $ARGV[0], LocalPort => $ARGV[1], Listen => 5,
                                 ReuseAddr => 1);
if (!$server) {
    print "$@\n";
    exit 3;
}
