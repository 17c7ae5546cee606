/* SPDX-License-Identifier: MIT
 * Causes of failures: denied on this machine. Rows and their match functions; pure. */
#include <errno.h>
#include <sys/socket.h>

#include "diagnose/catalogue.h"
#include "whyrefused/faults.h"

/* A denial that was reproduced explains the error whatever else there is; the rest is a guess. */
enum { RANK_DENIED = WR_RANK_ROOT + 10, RANK_GUESS = WR_RANK_SYMPTOM - 10 };

static bool is_call(const struct wr_evidence *ev, const char *call)
{
    return wr_ev_text_is(ev, WR_FACT_call, call);
}

/* The calls that something on this machine may deny, where neither the routes, nor the arguments,
 * nor an answer from the network is the reason. */
#define CITES_DENIED \
    WR_FACT_call, WR_FACT_error, WR_FACT_route_error, WR_FACT_icmp_received, WR_FACT_argument_fault
static bool may_be_denied(const struct wr_evidence *ev)
{
    if (!is_call(ev, "connect") && !is_call(ev, "send") && !is_call(ev, "bind") &&
        !is_call(ev, "socket"))
        return false;
    return wr_ev_has(ev, WR_FACT_error) &&
           !wr_ev_is(ev, WR_FACT_route_error, wr_ev_uint(ev, WR_FACT_error, 0)) &&
           !wr_ev_true(ev, WR_FACT_icmp_received) && wr_ev_uint(ev, WR_FACT_argument_fault, 0) == 0;
}

#define CITES_TRIED WR_FACT_denied_stream, WR_FACT_denied_datagram
static bool denied_again(const struct wr_evidence *ev)
{
    return wr_ev_true(ev, WR_FACT_denied_stream) || wr_ev_true(ev, WR_FACT_denied_datagram);
}

static bool allowed_again(const struct wr_evidence *ev)
{
    return wr_ev_false(ev, WR_FACT_denied_stream) && wr_ev_false(ev, WR_FACT_denied_datagram);
}

static enum wr_match match_broadcast(const struct wr_evidence *ev)
{
    return wr_ev_is(ev, WR_FACT_argument_fault, WR_ARGUMENT_BROADCAST_UNSET) ? WR_MATCH_CERTAIN
                                                                             : WR_MATCH_NO;
}

static enum wr_match match_seccomp(const struct wr_evidence *ev)
{
    const uint64_t error = wr_ev_uint(ev, WR_FACT_error, 0);

    if (wr_ev_true(ev, WR_FACT_seccomp_answers))
        return WR_MATCH_CERTAIN;
    if (!may_be_denied(ev) || (error != EPERM && error != EACCES && error != ENOSYS))
        return WR_MATCH_NO;
    if (wr_ev_false(ev, WR_FACT_seccomp_answers) || wr_ev_is(ev, WR_FACT_seccomp_mode, 0))
        return WR_MATCH_RULED_OUT;
    return WR_MATCH_UNKNOWN;
}

#define CITES_MODULES \
    WR_FACT_selinux_enforcing, WR_FACT_apparmor_profile, WR_FACT_apparmor_enforcing
/* No module but Landlock could be it. */
static bool no_other_module(const struct wr_evidence *ev)
{
    return wr_ev_false(ev, WR_FACT_selinux_enforcing) &&
           (wr_ev_absent(ev, WR_FACT_apparmor_profile) ||
            wr_ev_false(ev, WR_FACT_apparmor_enforcing));
}

static enum wr_match match_landlock(const struct wr_evidence *ev)
{
    if (!may_be_denied(ev) || !wr_ev_is(ev, WR_FACT_error, EACCES) ||
        (!is_call(ev, "connect") && !is_call(ev, "bind")) ||
        !wr_ev_true(ev, WR_FACT_denied_stream) || wr_ev_true(ev, WR_FACT_denied_opening))
        return WR_MATCH_NO;
    if (wr_ev_false(ev, WR_FACT_landlock_active) || wr_ev_true(ev, WR_FACT_denied_datagram))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_true(ev, WR_FACT_landlock_active) || !wr_ev_false(ev, WR_FACT_denied_datagram))
        return WR_MATCH_UNKNOWN;
    if (wr_ev_true(ev, WR_FACT_landlock_sandboxed) && no_other_module(ev))
        return WR_MATCH_CERTAIN;
    if (wr_ev_false(ev, WR_FACT_landlock_sandboxed))
        return WR_MATCH_RULED_OUT;
    return no_other_module(ev) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

/* SELinux and AppArmor: how far a denial under a policy that is enforced is theirs. */
#define CITES_POLICY CITES_DENIED, CITES_TRIED, WR_FACT_security_record
static enum wr_match under_policy(const struct wr_evidence *ev)
{
    if (!may_be_denied(ev) || !wr_ev_is(ev, WR_FACT_error, EACCES))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_security_record))
        return WR_MATCH_CERTAIN;
    if (denied_again(ev))
        return WR_MATCH_LIKELY;
    return allowed_again(ev) ? WR_MATCH_RULED_OUT : WR_MATCH_UNKNOWN;
}

static enum wr_match match_selinux(const struct wr_evidence *ev)
{
    return wr_ev_true(ev, WR_FACT_selinux_enforcing) ? under_policy(ev) : WR_MATCH_NO;
}

static enum wr_match match_apparmor(const struct wr_evidence *ev)
{
    return wr_ev_has(ev, WR_FACT_apparmor_profile) && wr_ev_true(ev, WR_FACT_apparmor_enforcing)
               ? under_policy(ev)
               : WR_MATCH_NO;
}

/* What comes when the packet leaves: a packet filter is the rival. IP accounting has such a program
 * on many a group, which denies nothing. */
static enum wr_match denied_leaving(const struct wr_evidence *ev)
{
    const bool unfiltered =
        wr_ev_false(ev, WR_FACT_netfilter_rules) || wr_ev_false(ev, WR_FACT_rule_found);

    if (wr_ev_true(ev, WR_FACT_rule_found) || wr_ev_true(ev, WR_FACT_rejection_waits))
        return WR_MATCH_NO;
    if (wr_ev_absent(ev, WR_FACT_cgroup_program))
        return WR_MATCH_RULED_OUT;
    if (wr_ev_has(ev, WR_FACT_cgroup_unit_setting))
        return unfiltered ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    return unfiltered && wr_ev_has(ev, WR_FACT_cgroup_program) ? WR_MATCH_LIKELY : WR_MATCH_UNKNOWN;
}

/* What comes from the call itself: a security module is the rival. */
static enum wr_match denied_calling(const struct wr_evidence *ev, bool reproduced)
{
    if (wr_ev_absent(ev, WR_FACT_cgroup_program))
        return WR_MATCH_RULED_OUT;
    if (!reproduced)
        return WR_MATCH_UNKNOWN;
    return wr_ev_has(ev, WR_FACT_cgroup_program) || wr_ev_has(ev, WR_FACT_cgroup_unit_setting) ||
                   wr_ev_false(ev, WR_FACT_security_programs)
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

static enum wr_match denied_connect(const struct wr_evidence *ev)
{
    /* the same error behind the connect check of security modules, or without a connection */
    if (wr_ev_true(ev, WR_FACT_denied_opening))
        return denied_calling(ev, true);
    if (wr_ev_true(ev, WR_FACT_denied_stream))
        return wr_ev_false(ev, WR_FACT_denied_opening) ? WR_MATCH_NO : denied_calling(ev, false);
    /* by its address: an IPsec policy may do so, too */
    if (wr_ev_true(ev, WR_FACT_denied_datagram))
        return denied_calling(ev, wr_ev_has(ev, WR_FACT_cgroup_program));
    return wr_ev_is(ev, WR_FACT_error, EPERM) ? denied_calling(ev, false) : WR_MATCH_NO;
}

static enum wr_match match_cgroup(const struct wr_evidence *ev)
{
    const bool eperm = wr_ev_is(ev, WR_FACT_error, EPERM);

    if (wr_ev_true(ev, WR_FACT_seccomp_answers))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_kept_here))
        return denied_leaving(ev);
    if (!may_be_denied(ev))
        return WR_MATCH_NO;
    if (is_call(ev, "connect"))
        return denied_connect(ev);
    if (!eperm)
        return WR_MATCH_NO;
    if (is_call(ev, "send") && wr_ev_false(ev, WR_FACT_denied_queued))
        return denied_leaving(ev);
    if (is_call(ev, "send"))
        return denied_calling(ev, wr_ev_true(ev, WR_FACT_denied_queued));
    return is_call(ev, "bind") ? denied_calling(ev, denied_again(ev)) : denied_calling(ev, false);
}

static enum wr_match match_other(const struct wr_evidence *ev)
{
    const bool eacces = wr_ev_is(ev, WR_FACT_error, EACCES);
    const bool ip = wr_ev_is(ev, WR_FACT_socket_domain, AF_INET) ||
                    wr_ev_is(ev, WR_FACT_socket_domain, AF_INET6);

    if (wr_ev_true(ev, WR_FACT_seccomp_answers) || !may_be_denied(ev) || !ip ||
        (!eacces && !wr_ev_is(ev, WR_FACT_error, EPERM)))
        return WR_MATCH_NO;
    if (denied_again(ev) || wr_ev_true(ev, WR_FACT_denied_queued))
        return WR_MATCH_LIKELY;
    /* no program chooses EACCES by the address: it came from the network */
    return eacces && allowed_again(ev) ? WR_MATCH_NO : WR_MATCH_POSSIBLE;
}

/* Sentences that several rows share. */
#define NO_FILTER                                                           \
    "it is no seccomp filter: with descriptor -1 the kernel itself answers" \
    "{!seccomp_answers}"
#define DENIED_HERE                                                                        \
    "{?denied_stream}a TCP socket of whyrefused's own met {error} for port "               \
    "{destination.port}, too, with an address that the kernel would turn down otherwise: " \
    "nothing was sent"
#define MODULES "security modules of this kernel: {security_modules}"
#define RECORD "the audit log says: {security_record}"

const struct wr_cause wr_causes_deny[] = {
    {
        .id = "deny-broadcast",
        .seen_as = "EACCES",
        .what = "a datagram to a broadcast address without the socket option SO_BROADCAST",
        .headline = "{destination.address} is a broadcast address, and the program did not set "
                    "SO_BROADCAST",
        .explain =
            "A datagram to a broadcast address goes to every machine of a network. So that this "
            "does not happen by accident, the kernel answers EACCES (\"Permission denied\") to "
            "send and to connect until the program sets the socket option SO_BROADCAST. No user "
            "rights are needed for that.\n"
            "Besides 255.255.255.255 the last address of each IPv4 network of this machine is "
            "such an address: an address that was meant for one machine may be one because of a "
            "wrong prefix length. IPv6 has no broadcast.",
        .rank = WR_RANK_ARGUMENT,
        .match = match_broadcast,
        WR_CITES(WR_FACT_argument_fault),
        .because = {"{?argument_fault=15}SO_BROADCAST is not set on the socket",
                    "{?route_type=3}the kernel's own route to {destination.address} is of type "
                    "broadcast[, out of {route_device}]",
                    "the kernel answered {error} without sending anything"},
        .fixes = {{"set the option before sending: int on = 1; setsockopt(fd, SOL_SOCKET, "
                   "SO_BROADCAST, &on, sizeof(on))",
                   NULL},
                  {"if one machine was meant: check the prefix length of the network",
                   "ip route get {destination.address}"}},
    },
    {
        .id = "deny-seccomp",
        .seen_as = "EPERM, EACCES, ENOSYS",
        .what = "a seccomp filter on this process answers the system call",
        .headline = "a seccomp filter on this process answers {call}() with {error}",
        .explain =
            "A seccomp filter sees each system call of a process before the kernel does, and can "
            "answer it with an error of its choice. Container engines, systemd (SystemCallFilter=) "
            "and sandboxes (bubblewrap, firejail, Flatpak, browsers) set such filters; they stay "
            "for the life of the process and of its children.\n"
            "whyrefused made the same system call with arguments that the kernel turns down before "
            "all else, such as descriptor -1. The filter's error came instead of the kernel's.\n"
            "What a filter says can't be read from inside. Who started the process knows its "
            "profile.",
        .rank = RANK_DENIED,
        .match = match_seccomp,
        WR_CITES(CITES_DENIED, WR_FACT_seccomp_answers, WR_FACT_seccomp_mode),
        .because = {"{?seccomp_answers}the same call with arguments that the kernel itself would "
                    "turn down with another error gets {error}, too",
                    "{?seccomp_mode=2}the process has a seccomp filter (Seccomp: {seccomp_mode})",
                    "{?no_new_privs}it can gain no privileges (NoNewPrivs), as in a sandbox"},
        .ruled_out = "the kernel itself answers the call, not a seccomp filter",
        .unknown = {{WR_FACT_seccomp_mode, "which filter it is{?seccomp_answers}",
                     "the kernel does not show what a filter says",
                     "grep -i -e seccomp -e nonewprivs /proc/{host_pid}/status"}},
        .fixes = {{"in a systemd unit: let SystemCallFilter= include @network-io", NULL},
                  {"in a container: have the call {call} added to the seccomp profile that the "
                   "container is run with (docker run --security-opt seccomp=PROFILE.json)",
                   NULL},
                  {"in a sandbox: ask for network access for this program, or let it do the "
                   "connecting outside of the sandbox",
                   NULL}},
    },
    {
        .id = "deny-selinux",
        .seen_as = "EACCES",
        .what = "the SELinux policy does not let this process's domain do it",
        .headline = "the SELinux policy does not allow it[ to {selinux_context}]",
        .explain =
            "SELinux is enforcing here, and its policy says what each domain (the context that a "
            "process runs in) may do. To connect to a TCP port needs name_connect on the type of "
            "that port, to bind one name_bind, to a unix socket connectto on the type of its "
            "server.\n"
            "The denial stands in the audit log as an AVC record, which names both types. Often a "
            "boolean allows just that, such as httpd_can_network_connect; or the port lacks the "
            "type that the policy has for the service.",
        .rank = RANK_DENIED,
        .match = match_selinux,
        WR_CITES(CITES_POLICY, WR_FACT_selinux_enforcing),
        .because = {RECORD,
                    "SELinux is enforcing{?selinux_enforcing}[, and the process runs as "
                    "{selinux_context}]",
                    DENIED_HERE, NO_FILTER},
        .ruled_out = "whyrefused's own sockets are allowed the same",
        .unknown = {{WR_FACT_security_record_hidden, "the record of the denial",
                     "the audit log is for the administrator",
                     "sudo ausearch -m AVC,USER_AVC -ts recent"}},
        .fixes = {{"see why, and which boolean would allow it",
                   "sudo ausearch -m AVC -ts recent | audit2allow -w"},
                  {"see which type the port has", "sudo semanage port -l | grep -w "
                                                  "{destination.port}"},
                  {"where the policy has a type for the service's ports: have this port added to "
                   "it (semanage port -a -t TYPE -p tcp {destination.port})",
                   NULL}},
    },
    {
        .id = "deny-apparmor",
        .seen_as = "EACCES",
        .what = "the AppArmor profile of this process has no rule for it",
        .headline = "the AppArmor profile[ {apparmor_profile}] has no rule that allows it",
        .explain =
            "The process is confined by an AppArmor profile, which is enforced. To make, bind or "
            "connect a socket it needs a network rule for the family and the type, such as "
            "\"network inet stream,\" for TCP over IPv4 and \"network inet6 stream,\" for IPv6.\n"
            "The denial stands in the kernel log, with apparmor=\"DENIED\", the profile and the "
            "operation.",
        .rank = RANK_DENIED,
        .match = match_apparmor,
        WR_CITES(CITES_POLICY, WR_FACT_apparmor_profile, WR_FACT_apparmor_enforcing),
        .because = {RECORD,
                    "the process is confined by the profile {apparmor_profile}, which is "
                    "enforced{?apparmor_enforcing}",
                    DENIED_HERE, NO_FILTER},
        .ruled_out = "whyrefused's own sockets are allowed the same",
        .unknown = {{WR_FACT_security_record_hidden, "the record of the denial",
                     "the kernel log is for the administrator",
                     "sudo journalctl -k -g 'apparmor=\"DENIED\"'"}},
        .fixes = {{"have the rule added to the profile: network "
                   "[inet{?socket_domain=2}][inet6{?socket_domain=10}] "
                   "[stream{?socket_type=1}][dgram{?socket_type=2}],",
                   NULL},
                  {"see what was denied, and let a rule be proposed", "sudo aa-logprof"}},
    },
    {
        .id = "deny-landlock",
        .seen_as = "EACCES",
        .what = "the process is in a Landlock sandbox whose rules do not have this TCP port",
        .headline = "a Landlock sandbox around this process does not allow TCP port "
                    "{destination.port}",
        .explain =
            "Landlock lets a program shut itself, and what it starts, off from files and, since "
            "Linux 6.7, from TCP ports. The rules are about port numbers alone, whatever the "
            "address; UDP is not covered. They can't be read or lifted from inside.\n"
            "whyrefused tells it by its own sockets: TCP to this port is denied with EACCES before "
            "a way is looked for, the same over UDP is not, and neither is a TCP connection that "
            "begins with data (MSG_FASTOPEN), of which Landlock sees no connect.\n"
            "Who sets the rules is the program itself or the tool that started it (landrun, "
            "setpriv, sandboxer, a browser, a package manager).",
        .rank = RANK_DENIED - 1,
        .match = match_landlock,
        WR_CITES(CITES_DENIED, CITES_TRIED, CITES_MODULES, WR_FACT_denied_opening,
                 WR_FACT_landlock_active, WR_FACT_landlock_sandboxed),
        .because = {DENIED_HERE, "{!denied_datagram}a UDP socket is not denied the same",
                    "{?landlock_sandboxed}the process is in a Landlock sandbox: it can't nest as "
                    "many more as one without could",
                    "{!denied_opening}a TCP connection that begins with data (MSG_FASTOPEN), of "
                    "which Landlock sees no connect, is not denied",
                    MODULES,
                    "{?no_new_privs}the process can gain no privileges (NoNewPrivs), as Landlock "
                    "demands of programs without privileges",
                    NO_FILTER},
        .ruled_out = "[this kernel has no Landlock{!landlock_active}][UDP, which Landlock leaves "
                     "alone, is denied, too{?denied_datagram}][the process is in no Landlock "
                     "sandbox{!landlock_sandboxed}{?landlock_active}{!denied_datagram}]",
        .unknown = {{WR_FACT_landlock_uncounted, "whether a BPF security program did it",
                     "they can be listed by the administrator only", "sudo bpftool prog list"}},
        .fixes = {{"have the port added to the ruleset: LANDLOCK_ACCESS_NET_CONNECT_TCP (to "
                   "connect) or LANDLOCK_ACCESS_NET_BIND_TCP (to bind) for {destination.port}",
                   NULL},
                  {"with landrun: add --connect-tcp {destination.port}, or --bind-tcp", NULL}},
    },
    {
        .id = "deny-cgroup-bpf",
        .seen_as = "EPERM, ETIMEDOUT",
        .what = "a BPF program on the process's cgroup denies it (systemd's IPAddressDeny=, "
                "SocketBindDeny=, Cilium, Calico)",
        .headline = "a BPF program on this process's cgroup denies it[: {cgroup_unit_setting} of "
                    "{cgroup_unit}][: {cgroup_program}{!cgroup_unit_setting}]",
        .explain =
            "The kernel runs the BPF programs of a process's cgroup, and of those above it, when "
            "the process connects, binds, sends or makes a socket. A program that says no makes "
            "the call fail with EPERM (\"Operation not permitted\"), or with an error of the "
            "program's choice; one that looks at packets makes a UDP send fail with EPERM and a "
            "TCP connect time out.\n"
            "systemd makes such programs for IPAddressDeny=, RestrictNetworkInterfaces= and "
            "SocketBindDeny= of a unit or of a slice above it. Cilium and Calico use them for the "
            "services of a Kubernetes cluster, container engines for their network policy.\n"
            "No user rights inside the process change it, not even root's: the cgroup has to.",
        .rank = RANK_DENIED,
        .match = match_cgroup,
        WR_CITES(CITES_DENIED, CITES_TRIED, WR_FACT_denied_opening, WR_FACT_denied_queued,
                 WR_FACT_seccomp_answers, WR_FACT_kept_here, WR_FACT_netfilter_rules,
                 WR_FACT_cgroup_program, WR_FACT_cgroup_unit_setting, WR_FACT_security_programs,
                 WR_FACT_rule_found, WR_FACT_rejection_waits),
        .because = {"{cgroup_unit}, to which this process belongs, says {cgroup_unit_setting}",
                    "the program {cgroup_program} is attached to {cgroup_program_group} at "
                    "{cgroup_program_hook}",
                    DENIED_HERE,
                    "{?denied_opening}it got it also by sendto(MSG_FASTOPEN), where a security "
                    "module sees no connect",
                    "{?denied_datagram}a UDP socket of whyrefused's own got {error}, too",
                    "{?denied_queued}a datagram that is only queued gets {error}, too: no packet "
                    "filter has seen one",
                    "{!denied_queued}a datagram that is only queued is let through: the denial "
                    "comes when the packet leaves",
                    "{?kept_here}the requests to connect did not leave this machine's IP layer"},
        .ruled_out = "no program for such a call is attached to this process's cgroups",
        .unknown = {{WR_FACT_cgroup_programs_hidden, "which program it is",
                     "only an administrator may list them", "sudo bpftool cgroup tree", true},
                    {WR_FACT_netfilter_rules,
                     "whether a packet filter rule of this machine did it{!denied_queued}",
                     "the rules were not examined", WR_SHOW_FILTER_RULES},
                    {WR_FACT_netfilter_rules,
                     "whether a packet filter rule of this machine did it{?kept_here}",
                     "the rules were not examined", WR_SHOW_FILTER_RULES}},
        .fixes =
            {{"have it allowed in the unit: IPAddressAllow={destination.address}, "
              "SocketBindAllow={destination.port} or the interface, whichever is the setting's "
              "counterpart{?cgroup_unit_setting}",
              "sudo systemctl edit {cgroup_unit}"},
             {"see the programs of this process's cgroups, and whose they are",
              "sudo bpftool cgroup tree"},
             {"in a Kubernetes pod: see whether a network policy denies it, and whether the "
              "service has endpoints{!cgroup_unit_setting}{?cluster_pod}",
              "kubectl get networkpolicy,endpointslices"}},
    },
    {
        .id = "deny-other",
        .seen_as = "EPERM, EACCES",
        .what = "denied on this machine, by what could not be told",
        .headline = "something on this machine denies it; what, could not be told",
        .explain =
            "The kernel of this machine turned the call down by a rule. Candidates are a security "
            "module (SELinux, AppArmor, Landlock, Smack, TOMOYO, a BPF security program), a BPF "
            "program on the process's cgroup, a seccomp filter, an IPsec policy, and for a "
            "datagram a packet filter rule.\n"
            "Each can be looked at with a command of its own, most of them by an administrator "
            "only.",
        .rank = RANK_GUESS,
        .match = match_other,
        WR_CITES(CITES_DENIED, CITES_TRIED, WR_FACT_denied_queued, WR_FACT_seccomp_answers,
                 WR_FACT_socket_domain),
        .because = {DENIED_HERE,
                    "{?denied_datagram}a UDP socket of whyrefused's own met {error}, "
                    "too",
                    "the kernel answered {error} ({error.text}) after {elapsed_us.ms} ms",
                    NO_FILTER, MODULES},
        .unknown = {{WR_FACT_security_record_hidden, "whether a security module denies it",
                     "its log is for the administrator",
                     "sudo journalctl -k -g 'avc:|apparmor=|denied'"},
                    {WR_FACT_cgroup_programs_hidden,
                     "whether a BPF program on the cgroup denies it",
                     "only an administrator may list them", "sudo bpftool cgroup tree"},
                    {WR_FACT_netfilter_rules, "whether a packet filter rule denies it",
                     "the rules were not examined", WR_SHOW_FILTER_RULES},
                    {WR_FACT_error, "whether an IPsec policy denies it",
                     "policies are for the administrator to see", "sudo ip xfrm policy"}},
        .fixes = {{"see the process's sandbox: filters, privileges, security context",
                   "grep -e Seccomp -e NoNewPrivs -e Cap /proc/{host_pid}/status; cat "
                   "/proc/{host_pid}/attr/current"}},
    },
    {0},
};
