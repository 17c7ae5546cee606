/* SPDX-License-Identifier: MIT
 * Causes of failures: TCP refused, by where the program and the service are. Rows and their match
 * functions; pure. */
#include <errno.h>

#include "diagnose/tcp.h"

/* Ports that servers of every kind use: one more that has it open says little. */
static bool is_common(uint16_t port)
{
    static const uint16_t ports[] = {80, 443, 3000, 5000, 8000, 8080, 8443};

    for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        if (port == ports[i])
            return true;
    }
    return false;
}

/* Which service is meant only the user knows: never certain. From a namespace of its own a
 * program mostly means the machine's. */
static enum wr_match match_other_netns(const struct wr_evidence *ev)
{
    if (!wr_tcp_refused_here(ev))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_listener))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_absent(ev, WR_FACT_listener))
        return WR_MATCH_UNKNOWN;
    if (!wr_ev_has(ev, WR_FACT_other_netns_listener))
        return wr_ev_absent(ev, WR_FACT_other_netns_listener) ? WR_MATCH_RULED_OUT
                                                              : WR_MATCH_UNKNOWN;
    if (!wr_ev_false(ev, WR_FACT_other_netns_several))
        return WR_MATCH_POSSIBLE;
    return wr_ev_true(ev, WR_FACT_other_netns_first) ||
                   !is_common(wr_ev_addr(ev, WR_FACT_destination)->port)
               ? WR_MATCH_LIKELY
               : WR_MATCH_POSSIBLE;
}

/* Where the container shares the machine's network, or has none, its localhost is not the point;
 * one in which systemd runs is used as a machine, with services of its own. */
static enum wr_match match_in_container(const struct wr_evidence *ev)
{
    if (!wr_tcp_refused_here(ev) || !wr_ev_true(ev, WR_FACT_destination_loopback))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_listener))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_absent(ev, WR_FACT_listener))
        return WR_MATCH_UNKNOWN;
    if (!wr_ev_has(ev, WR_FACT_container_engine))
        return wr_ev_absent(ev, WR_FACT_container_engine) ? WR_MATCH_RULED_OUT : WR_MATCH_UNKNOWN;
    if (wr_ev_true(ev, WR_FACT_netns_initial) || wr_ev_true(ev, WR_FACT_container_system) ||
        wr_ev_absent(ev, WR_FACT_container_address))
        return WR_MATCH_RULED_OUT;
    return wr_ev_false(ev, WR_FACT_netns_initial) && wr_ev_false(ev, WR_FACT_container_system) &&
                   wr_ev_has(ev, WR_FACT_container_address)
               ? WR_MATCH_LIKELY
               : WR_MATCH_POSSIBLE;
}

#define NOBODY_HERE                                                                           \
    "no socket of this network namespace listens on {destination} or on the wildcard address" \
    "{!listener}"
#define INSIDE "sudo nsenter --target {other_netns_pid} --net "

const struct wr_cause wr_causes_tcp_context[] = {
    {
        .id = "tcp-listener-other-netns",
        .seen_as = "ECONNREFUSED",
        .what = "the port is closed here, but open in another network namespace (a container, or "
                "the machine as seen from one)",
        .headline = "nothing listens on port {destination.port} here, but in another network "
                    "namespace[ ({other_netns_name})] it is open[: {other_netns_listener.owner} "
                    "listens on it]",
        .explain =
            "Every network namespace has interfaces, addresses and ports of its own, and a "
            "localhost of its own: what listens on 127.0.0.1 in one can't be reached under that "
            "address from another. Containers, ip netns, systemd's PrivateNetwork= and many "
            "sandboxes give a program a namespace of its own.\n"
            "Here the port is closed in the namespace of the program that failed, and open in "
            "another one on the same machine. Whether that is the service that was meant can't be "
            "proved: where several namespaces have the port open, or where many kinds of servers "
            "use it, such as 80 and 8080, it is a guess.",
        .rank = WR_RANK_SPECIFIC - 5,
        .match = match_other_netns,
        WR_CITES(WR_TCP_CITES_HERE, WR_FACT_listener, WR_FACT_other_netns_listener,
                 WR_FACT_other_netns_several, WR_FACT_other_netns_first),
        .because = {"in another network namespace: {other_netns_listener}",
                    "a process of that namespace is {other_netns_program} (pid {other_netns_pid})",
                    "it is the namespace of process 1: the program that failed runs in a network "
                    "namespace of its own{?other_netns_first}",
                    NOBODY_HERE,
                    "more than one other network namespace has this port open"
                    "{?other_netns_several}",
                    "it listens on a loopback address, which can be reached from inside its "
                    "namespace only{?other_netns_loopback}"},
        .unknown = {{WR_FACT_other_netns_listener, "whether that is the service that was meant",
                     "only the port is the same", ""},
                    WR_TCP_SOCKETS_UNSEEN("ss -ltn")},
        .fixes = {{"connect to {other_netns_address}, an address of that namespace", NULL},
                  {"publish the port when container {other_netns_listener.container} is started, "
                   "such as with -p 127.0.0.1:{destination.port}:{destination.port}",
                   NULL},
                  {"let the server listen on an address that others reach, not on "
                   "{other_netns_listener.address}{?other_netns_loopback}",
                   NULL},
                  {"or run the program in that network namespace; to see what listens there",
                   INSIDE "ss -ltnp"}},
    },
    {
        .id = "tcp-localhost-in-container",
        .seen_as = "ECONNREFUSED",
        .what = "localhost was dialled inside a container, where nothing listens on the port",
        .headline = "inside this container ({container_engine}) nothing listens on port "
                    "{destination.port}; localhost is the container itself, not the machine "
                    "outside",
        .explain =
            "A container has a network namespace of its own, so localhost, 127.0.0.1 and ::1 in it "
            "are the container, not the machine that it runs on and not another container. A "
            "program that reached its database at localhost on a developer's machine can't in a "
            "container.\n"
            "Another container is reached by its name, on a network that both are on (with Docker "
            "Compose: the service's name). The machine outside is reached as "
            "host.docker.internal with Docker Desktop, and with docker run "
            "--add-host=host.docker.internal:host-gateway elsewhere; as host.containers.internal "
            "with Podman. Containers of one Kubernetes pod do share localhost; other pods are "
            "reached by the name of their Service.\n"
            "A server on the machine outside must listen on an address that containers reach, not "
            "on 127.0.0.1.",
        .rank = WR_RANK_NEARBY - 5,
        .match = match_in_container,
        WR_CITES(WR_TCP_CITES_HERE, WR_FACT_destination_loopback, WR_FACT_listener,
                 WR_FACT_container_engine, WR_FACT_netns_initial, WR_FACT_container_system,
                 WR_FACT_container_address),
        .because = {"{container_sign} shows that this is a container[ (id {container_id})]",
                    "{destination.address} is the loopback address of this container", NOBODY_HERE,
                    "this network namespace has address {container_address}, and is not the "
                    "machine's own{!netns_initial}"},
        .ruled_out = "the container shares the network of the machine that it runs on"
                     "{?container_engine}{?netns_initial}",
        .unknown = {{WR_FACT_container_engine,
                     "whether the service runs outside this container, or should run in it",
                     "processes outside a container can't be seen from within", ""},
                    WR_TCP_SOCKETS_UNSEEN("ss -ltn")},
        .fixes = {{"connect to [the other container by its name (with Compose: the service's "
                   "name){!container_kubernetes}][the name of the service's Service object (the "
                   "containers of a pod share localhost){?container_kubernetes}], not to "
                   "{destination.address}; or start the service in this container",
                   NULL},
                  {"if it runs on the machine outside, connect to {container_host_name}", NULL},
                  {"if it runs on the machine outside, connect to host.docker.internal (with "
                   "Docker Engine, start the container with "
                   "--add-host=host.docker.internal:host-gateway){!container_host_name}"
                   "{?container_docker}",
                   NULL},
                  {"if it runs on the machine outside, connect to {container_gateway}, the gateway "
                   "of the default route{!container_host_name}{!container_docker}"
                   "{!container_kubernetes}",
                   NULL}},
    },
    {0},
};
