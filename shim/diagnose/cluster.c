/* SPDX-License-Identifier: MIT
 * Causes of failures in a cluster (Kubernetes): its services, which are no machines. Rows and their
 * match functions; pure. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "diagnose/catalogue.h"
#include "diagnose/silence.h"

/* Above what a reject and silence are in general (firewall_local.c, firewall_way.c). */
enum { RANK_SERVICE = WR_RANK_ROOT - 3 };

/* What kube-proxy lets its rules answer for a service without endpoints. */
static bool is_its_answer(const struct wr_evidence *ev)
{
    return wr_ev_is(ev, WR_FACT_icmp_version, 6)
               ? wr_ev_is(ev, WR_FACT_icmp_type, ICMP6_DST_UNREACH) &&
                     wr_ev_is(ev, WR_FACT_icmp_code, ICMP6_DST_UNREACH_NOPORT)
               : wr_ev_is(ev, WR_FACT_icmp_type, ICMP_DEST_UNREACH) &&
                     wr_ev_is(ev, WR_FACT_icmp_code, ICMP_PORT_UNREACH);
}

static enum wr_match refused(const struct wr_evidence *ev, enum wr_match typical)
{
    if (wr_ev_true(ev, WR_FACT_icmp_received))
        return is_its_answer(ev) ? typical : WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_icmp_implied)) /* of which only that one refuses */
        return typical;
    /* a reset: some endpoint took the request */
    if (wr_ev_true(ev, WR_FACT_icmp_readable))
        return WR_MATCH_RULED_OUT;
    return WR_MATCH_POSSIBLE;
}

/* Cilium answers within the call, by a program of the cgroup: with EPERM, or since Linux 5.18 with
 * EHOSTUNREACH. It goes by the address, so that another address need not meet the same; where one
 * does, no answer of the network was waited for. */
#define CITES_AT_ONCE                                                                             \
    WR_FACT_cgroup_program, WR_FACT_denied_stream, WR_FACT_denied_opening, WR_FACT_denied_queued, \
        WR_FACT_seccomp_answers
static enum wr_match denied(const struct wr_evidence *ev, enum wr_match typical)
{
    const bool by_module =
        wr_ev_true(ev, WR_FACT_denied_stream) && wr_ev_false(ev, WR_FACT_denied_opening);

    return by_module || wr_ev_true(ev, WR_FACT_seccomp_answers) ||
                   wr_ev_absent(ev, WR_FACT_cgroup_program)
               ? WR_MATCH_NO
               : typical;
}

static bool denied_again(const struct wr_evidence *ev)
{
    return wr_ev_true(ev, WR_FACT_denied_opening) || wr_ev_true(ev, WR_FACT_denied_queued);
}

static enum wr_match match_no_endpoints(const struct wr_evidence *ev)
{
    const bool exact =
        wr_ev_has(ev, WR_FACT_cluster_variable) && wr_ev_true(ev, WR_FACT_cluster_port);
    const enum wr_match typical = exact ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;

    if ((!wr_ev_has(ev, WR_FACT_cluster_variable) && !wr_ev_true(ev, WR_FACT_cluster_name)) ||
        wr_ev_true(ev, WR_FACT_destination_local) || wr_ev_true(ev, WR_FACT_kept_here) ||
        wr_ev_true(ev, WR_FACT_rule_found) || !wr_ev_reaches(ev))
        return WR_MATCH_NO;
    switch (wr_ev_uint(ev, WR_FACT_error, 0)) {
    case ECONNREFUSED:
        return denied_again(ev) ? denied(ev, typical) : refused(ev, typical);
    case EPERM:
        return denied(ev, typical);
    case EHOSTUNREACH:
        return denied_again(ev) ? denied(ev, typical) : WR_MATCH_POSSIBLE;
    default:
        return wr_ev_silent(ev) ? WR_MATCH_POSSIBLE : WR_MATCH_NO;
    }
}

const struct wr_cause wr_causes_cluster[] = {
    {
        .id = "k8s-service-no-endpoints",
        .seen_as = "ECONNREFUSED, EPERM, EHOSTUNREACH, given up",
        .what = "no ready pod stands behind the service of the cluster",
        .headline = "no ready pod seems to stand behind the service {cluster_service} of the "
                    "cluster[ (namespace {cluster_namespace})]",
        .explain =
            "A service of Kubernetes is an address that no machine has: rules on every node lead "
            "it to one of the pods that its selector finds and that are ready (its endpoints). "
            "Where there is none - a deployment scaled to zero, pods that crash or are not ready "
            "yet, a selector that fits no pod - kube-proxy rejects the connection (ICMP port "
            "unreachable, which connect() gives as ECONNREFUSED), and Cilium lets the call itself "
            "fail with EPERM or EHOSTUNREACH, by a BPF program on the pod's cgroup.\n"
            "That the destination is a service shows in the variables that Kubernetes gives a pod "
            "(DB_SERVICE_HOST, DB_SERVICE_PORT) or in the name that was asked for "
            "(db.shop.svc.cluster.local). Whether it has endpoints only the cluster knows. A "
            "network policy mostly drops without an answer, and some refuse in the same ways; a "
            "reset comes from a pod "
            "itself, so that there is an endpoint.",
        .rank = RANK_SERVICE,
        .behind = "deny-cgroup-bpf",
        .match = match_no_endpoints,
        WR_CITES(WR_CITES_SILENT, CITES_AT_ONCE, WR_FACT_call, WR_FACT_destination_local,
                 WR_FACT_kept_here, WR_FACT_rule_found, WR_FACT_cluster_variable,
                 WR_FACT_cluster_port, WR_FACT_cluster_name, WR_FACT_icmp_received,
                 WR_FACT_icmp_implied, WR_FACT_icmp_readable, WR_FACT_icmp_version,
                 WR_FACT_icmp_type, WR_FACT_icmp_code),
        .because =
            {"{destination.address} is the address of a service: the environment has it in "
             "{cluster_variable}[, and port {destination.port} beside it{?cluster_port}]",
             "the variables of that service do not name port {destination.port}{!cluster_port}",
             "the name {asked_name} is that of a service{?cluster_name}",
             "{icmp_offender.address} answered ICMP type {icmp_type} code {icmp_code}, port "
             "unreachable, as kube-proxy does for a service without endpoints",
             "the refusal came as an ICMP error (port unreachable), as from kube-proxy for a "
             "service "
             "without endpoints: after a reset the socket would not go on "
             "trying{?icmp_implied}{!icmp_received}",
             "{?error=1}{call}() itself failed with {error}, as Cilium lets it for a service "
             "without "
             "endpoints",
             "the program {cgroup_program} is attached to {cgroup_program_group} at "
             "{cgroup_program_hook}, as Cilium's are",
             "no answer came within {elapsed_us.s} s{?gave_up}"},
        .ruled_out = "the answer was a reset, which comes from a pod of the service",
        .unknown = {{WR_FACT_cluster_service, "whether the service has endpoints",
                     "only the cluster knows", ""},
                    {WR_FACT_cluster_service, "whether a network policy refuses the connection",
                     "a policy that drops or rejects looks the same from a pod",
                     "kubectl get networkpolicies -A"},
                    {WR_FACT_cluster_service,
                     "what kind of answer refused it{!icmp_readable}{!icmp_implied}",
                     "the socket keeps no ICMP errors unless the program asks for them", ""}},
        .fixes =
            {{"list the endpoints of the service",
              "kubectl get endpointslices[ -n {cluster_namespace}] -l "
              "kubernetes.io/service-name={cluster_service}"},
             {"if there are none: see its selector and ports, and whether its pods are ready",
              "kubectl describe service[ -n {cluster_namespace}] {cluster_service}; kubectl get "
              "pods[ -n {cluster_namespace}] -o wide"}},
    },
    {0},
};
