/* SPDX-License-Identifier: MIT
 * Causes of failures: errors of the program in the call itself. Rows and match functions; pure. */
#include "diagnose/catalogue.h"
#include "whyrefused/faults.h"

/* The probe compared the arguments with the error: where it names a fault, nothing else counts. */
static enum wr_match match_bad_address(const struct wr_evidence *ev)
{
    const uint64_t fault = wr_ev_uint(ev, WR_FACT_argument_fault, 0);

    /* a row of its own: deny-broadcast */
    return fault != 0 && fault != WR_ARGUMENT_BROADCAST_UNSET ? WR_MATCH_CERTAIN : WR_MATCH_NO;
}

static enum wr_match match_misuse(const struct wr_evidence *ev)
{
    return wr_ev_uint(ev, WR_FACT_misuse, 0) != 0 ? WR_MATCH_CERTAIN : WR_MATCH_NO;
}

#define FAMILY_OF(fact)                                          \
    "[{?" fact "=2}IPv4][{?" fact "=10}IPv6][{?" fact "=1}unix]" \
    "[{!" fact "=1}{!" fact "=2}{!" fact "=10}family {" fact "}]"

const struct wr_cause wr_causes_local_program[] = {
    {
        .id = "local-bad-address",
        .seen_as = "EINVAL, EAFNOSUPPORT, ENETUNREACH, EFAULT, ENODEV",
        .what = "program error: the address passed to the call could never have worked",
        .headline =
            "[{?argument_fault=1}the address pointer that the program passed cannot be read]"
            "[{?argument_fault=2}the program passed {address_length} bytes of address, too "
            "few[: {address_needed} are needed]]"
            "[{?argument_fault=3}the program passed {address_length} as the length of the "
            "address, more than any address has]"
            "[{?argument_fault=13}the length of the address that the program passed is negative]"
            "[{?argument_fault=4}the program gave an address of one "
            "family (" FAMILY_OF("family") ") to a socket of another (" FAMILY_OF(
                "socket_domain") ")]"
                                 "[{?argument_fault=5}the program left the family of the address "
                                 "unset (AF_UNSPEC)]"
                                 "[{?argument_fault=6}the family in the address has its bytes "
                                 "swapped ({family}): "
                                 "htons() is for the port only]"
                                 "[{?argument_fault=7}a link-local IPv6 address needs an interface "
                                 "(scope), and none "
                                 "was given]"
                                 "[{?argument_fault=8}the link-local address names an interface "
                                 "that does not exist]"
                                 "[{?argument_fault=14}the link-local address names the loopback "
                                 "interface, the wrong one: link-local addresses are on the others]"
                                 "[{?argument_fault=9}a stream socket cannot use a multicast "
                                 "address]"
                                 "[{?argument_fault=10}a stream socket cannot connect to a "
                                 "broadcast address]"
                                 "[{?argument_fault=11}the socket is for IPv6 only (IPV6_V6ONLY), "
                                 "and the program gave "
                                 "an IPv4 address in IPv6 form]"
                                 "[{?argument_fault=12}the socket is bound to an IPv6 address, and "
                                 "the program gave an "
                                 "IPv4 address in IPv6 form]",
        .explain =
            "The kernel turned the call down because of its arguments, before it looked at the "
            "network: the pointer, the length or the family of the address is wrong, or the kind "
            "of address is not one that such a socket can use.\n"
            "Frequent forms: sizeof of a pointer as the length; a socket made for one family and "
            "an address of the other (use the family that getaddrinfo() returned); fe80:: without "
            "%interface; TCP to a multicast or broadcast address, which only datagram sockets can "
            "reach.",
        .rank = WR_RANK_ARGUMENT,
        .match = match_bad_address,
        WR_CITES(WR_FACT_argument_fault),
        .because =
            {"{?argument_fault=2}the length argument was {address_length}[; the address structure "
             "of the socket's family has {address_needed} bytes]",
             "{?argument_fault=4}the socket was made for " FAMILY_OF(
                 "socket_domain") ", the address is of " FAMILY_OF("family"),
             "{?argument_fault=7}{destination.address} is link-local: every interface has a "
             "network of its own with such addresses",
             "{?argument_fault=9}{destination.address} is a group of machines, and TCP connects "
             "two",
             "{?argument_fault=10}{destination.address} is a broadcast address: it means every "
             "machine of a network, and TCP connects two",
             "the kernel answered {error} without sending anything[; the address was given as "
             "::ffff:{destination.address}{?destination_mapped}]"},
        .fixes = {{"[{?argument_fault=1}pass the address of the structure itself, which must live "
                   "until the call returns]"
                   "[{?argument_fault=2}pass the size of the structure: sizeof(struct "
                   "sockaddr_in) or sizeof(struct sockaddr_in6), or ai_addrlen]"
                   "[{?argument_fault=3}pass the size of the structure: sizeof(struct "
                   "sockaddr_in) or sizeof(struct sockaddr_in6), or ai_addrlen]"
                   "[{?argument_fault=13}pass the size of the structure, and check what the "
                   "function returned that the length comes from]"
                   "[{?argument_fault=4}make the socket for the family of the address: "
                   "socket(ai->ai_family, ...) with what getaddrinfo() returned]"
                   "[{?argument_fault=5}set the family in the address: sin_family = AF_INET or "
                   "sin6_family = AF_INET6]"
                   "[{?argument_fault=6}set the family without htons()]"
                   "[{?argument_fault=7}add the interface behind a %, such as "
                   "{destination.address}%eth0, or set sin6_scope_id to if_nametoindex() of it]"
                   "[{?argument_fault=8}name an interface that exists behind the %, or set "
                   "sin6_scope_id to if_nametoindex() of it, which is not 0]"
                   "[{?argument_fault=14}name the interface that leads to that machine behind the "
                   "%, or set sin6_scope_id to if_nametoindex() of it]"
                   "[{?argument_fault=9}use a datagram socket (SOCK_DGRAM) for a group, or "
                   "connect to the address of one machine]"
                   "[{?argument_fault=10}use a datagram socket (SOCK_DGRAM) with SO_BROADCAST, or "
                   "connect to the address of one machine]"
                   "[{?argument_fault=11}connect to the IPv4 address on a socket made for IPv4, "
                   "or clear IPV6_V6ONLY]"
                   "[{?argument_fault=12}bind to an IPv4 address (::ffff:a.b.c.d), or not at all]",
                   NULL},
                  {"see the interfaces and their IPv6 addresses{?argument_fault=8}",
                   "ip -6 -brief address"},
                  {"see the interfaces and their IPv6 addresses{?argument_fault=14}",
                   "ip -6 -brief address"},
                  {"see the interfaces and their IPv6 addresses{?argument_fault=7}",
                   "ip -6 -brief address"}},
    },
    {
        .id = "local-misuse",
        .seen_as = "EISCONN, EALREADY, ENOTSOCK, EBADF, EINVAL, EOPNOTSUPP, ECONNABORTED",
        .what = "program error: the call does not fit what the descriptor is, or calls are out of "
                "order",
        .headline =
            "[{?misuse=1}this socket is connected already[, to {socket_peer}]]"
            "[{?misuse=2}a connect on this socket is still under way[, to {earlier_destination}]]"
            "[{?misuse=3}this socket listens for connections, so it cannot make one]"
            "[{?misuse=4}descriptor {descriptor} is not a socket[ but {descriptor_kind}]"
            "[ ({descriptor_path})]]"
            "[{?misuse=5}descriptor {descriptor} is not open]"
            "[{?misuse=6}the descriptor is a negative number: the call that should have made it "
            "failed]"
            "[{?misuse=7}this socket has a local address already[, and is connected to "
            "{socket_peer}]]"
            "[{?misuse=8}this socket is connected, so it cannot listen[: its peer is "
            "{socket_peer}]]"
            "[{?misuse=9}sockets of this type take no connections, so they cannot listen]"
            "[{?misuse=10}this unix socket has no name yet: bind() comes before listen()]"
            "[{?misuse=12}this socket does not listen: listen() comes before accept()]"
            "[{?misuse=13}sockets of this type take no connections, so there is none to accept]"
            "[{?misuse=11}the earlier connect on this socket failed; this one only reports that]",
        .explain =
            "The kernel turned the call down because of the state of the descriptor, whatever the "
            "address: calls came in the wrong order, or the descriptor is not the one that the "
            "program believes it to be.\n"
            "A descriptor that is closed, or that has become a file, was most often closed by "
            "another part of the program (another thread, a second close() of the same number). "
            "EALREADY also comes when connect() was left by a send timeout (SO_SNDTIMEO) and is "
            "called again.",
        .rank = WR_RANK_ARGUMENT,
        .match = match_misuse,
        WR_CITES(WR_FACT_misuse),
        .because = {"the kernel answered {error} ({error.text})",
                    "{?misuse=2}the connect to {earlier_destination} has had no answer yet",
                    "{?misuse=5}{?history}whyrefused saw a socket at descriptor {descriptor} "
                    "before",
                    "{?misuse=4}descriptor {descriptor}: {descriptor_kind}[, {descriptor_path}]"},
        .fixes = {{"[{?misuse=1}close the socket and make a new one for the next connection]"
                   "[{?misuse=2}wait with poll() until the socket is writable, then read SO_ERROR]"
                   "[{?misuse=3}make another socket to connect with]"
                   "[{?misuse=4}pass the descriptor that socket() returned, and look for a close() "
                   "after which its number was given to something else]"
                   "[{?misuse=5}look for a second close() of the descriptor]"
                   "[{?misuse=6}check what socket() returned before using it]"
                   "[{?misuse=7}call bind() once, before connect()]"
                   "[{?misuse=8}listen on a socket of its own, which is bound and never "
                   "connected]"
                   "[{?misuse=9}listen on a SOCK_STREAM or SOCK_SEQPACKET socket; datagrams come "
                   "without it]"
                   "[{?misuse=10}call bind() with a path or name before listen()]"
                   "[{?misuse=12}call listen() once before accept(), and check what it returned]"
                   "[{?misuse=13}accept on a SOCK_STREAM or SOCK_SEQPACKET socket; datagrams come "
                   "with recvfrom()]"
                   "[{?misuse=11}close the socket after a failed connect, and make a new one]",
                   NULL},
                  {"{?misuse=4}see which calls close and open descriptors",
                   "strace -f -e trace=close,dup,dup2,openat,socket,connect -p {host_pid}"},
                  {"{?misuse=5}see which calls close and open descriptors",
                   "strace -f -e trace=close,dup,dup2,openat,socket,connect -p {host_pid}"}},
    },
    {0},
};
