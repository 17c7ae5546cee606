/* SPDX-License-Identifier: MIT
 * Facts of the call itself: its arguments, its result, and what was seen of the descriptor. */
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/words.h"
#include "probe/probe.h"

static void set_address(const struct wr_attempt *attempt, struct wr_evidence *ev)
{
    if (attempt->call == WR_CALL_SOCKET || attempt->call == WR_CALL_LISTEN ||
        attempt->call == WR_CALL_ACCEPT || attempt->call == WR_CALL_LOOKUP)
        return;
    wr_set_uint(ev, WR_FACT_address_length, attempt->address_len);
    if (attempt->address_read >= sizeof(sa_family_t))
        wr_set_uint(ev, WR_FACT_family, attempt->address.any.sa_family);
    if (attempt->target.family == 0) {
        wr_set_absent(ev, WR_FACT_destination);
        return;
    }
    wr_set_addr(ev, WR_FACT_destination, &attempt->target);
    wr_set_bool(ev, WR_FACT_destination_mapped,
                attempt->address.any.sa_family == AF_INET6 && attempt->target.family == AF_INET);
}

static void set_lookup(const struct wr_attempt *attempt, struct wr_evidence *ev)
{
    const struct wr_name_lookup *lookup = &attempt->lookup;
    const char *error = wr_eai_name(lookup->result);

    wr_set_str(ev, WR_FACT_lookup_function, lookup->function);
    if (error != NULL)
        wr_set_str(ev, WR_FACT_lookup_error, error);
    wr_set_uint(ev, WR_FACT_asked_name_length, lookup->name_len);
    wr_set_uint(ev, WR_FACT_lookup_family, (uint64_t)lookup->family);
    wr_set_uint(ev, WR_FACT_lookup_flags, (uint64_t)lookup->flags);
    wr_set_bool(ev, WR_FACT_lookup_numeric_only, (lookup->flags & AI_NUMERICHOST) != 0);
    wr_set_bool(ev, WR_FACT_lookup_addrconfig, (lookup->flags & AI_ADDRCONFIG) != 0);
    if (lookup->record_type != 0)
        wr_set_uint(ev, WR_FACT_lookup_record_type, lookup->record_type);
    else
        wr_set_absent(ev, WR_FACT_lookup_record_type);
    if (attempt->service[0] != '\0')
        wr_set_str(ev, WR_FACT_asked_service, attempt->service);
    else
        wr_set_absent(ev, WR_FACT_asked_service);
}

void wr_probe_attempt(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_evidence *ev = ctx->ev;

    wr_set_str(ev, WR_FACT_call, wr_call_word(attempt->call));
    wr_set_str(ev, WR_FACT_outcome, wr_outcome_word(attempt->outcome));
    wr_set_str(ev, WR_FACT_door, wr_door_word(attempt->door));
    wr_set_bool(ev, WR_FACT_gave_up, attempt->outcome == WR_OUTCOME_GAVE_UP);
    if (attempt->error == 0 || attempt->outcome == WR_OUTCOME_GAVE_UP)
        wr_set_absent(ev, WR_FACT_error);
    else
        wr_set_errno(ev, WR_FACT_error, attempt->error);
    if (ctx->host_pid > 0)
        wr_set_uint(ev, WR_FACT_host_pid, (uint64_t)ctx->host_pid);
    wr_set_uint(ev, WR_FACT_elapsed_us, (attempt->end_ns - attempt->start_ns) / 1000);
    wr_set_uint(ev, WR_FACT_history, attempt->history);
    if (attempt->domain >= 0)
        wr_set_uint(ev, WR_FACT_socket_domain, (uint64_t)attempt->domain);
    if (attempt->type >= 0)
        wr_set_uint(ev, WR_FACT_socket_type, (uint64_t)attempt->type);
    if (attempt->protocol >= 0)
        wr_set_uint(ev, WR_FACT_socket_protocol, (uint64_t)attempt->protocol);
    if (attempt->earlier.family != 0)
        wr_set_addr(ev, WR_FACT_earlier_destination, &attempt->earlier);
    if (attempt->name[0] != '\0')
        wr_set_str(ev, WR_FACT_asked_name, attempt->name);
    if (attempt->call == WR_CALL_LOOKUP)
        set_lookup(attempt, ev);
    set_address(attempt, ev);
}
