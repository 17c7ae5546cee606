/* SPDX-License-Identifier: MIT
 * Whether the clock by which certificates are judged is plausible, by files whose dates it should
 * be behind. The clock is the program's: what its own calls return. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/date.h"
#include "base/sys.h"
#include "probe/probe.h"
#include "whyrefused/faults.h"

#define DAY_S 86400u
#define YEARS_AHEAD_S (20u * 365u * DAY_S)
#define KEPT_S (2 * 3600)

/* Nothing of this was there before: 2026-01-01. A constant, so that builds are the same. */
#define WRITTEN_S 1767225600u
#define WRITTEN "whyrefused itself"

/* Written once, or by what knows the time; not logs, which follow a wrong clock. Two of them have
 * to agree: one may have been given a date of the future. */
static const char *const witnesses[] = {
    "/usr/lib/os-release",   "/etc/machine-id",
    "/etc/ssl/certs",        "/etc/pki/ca-trust/extracted",
    "/var/lib/dpkg/status",  "/lib/apk/db/installed",
    "/usr/lib/sysimage/rpm", "/var/lib/systemd/timesync/clock",
    "/var/lib/chrony/drift",
};

/* Touched by what sets the clock from the network, whenever it has. */
static const char *const keepers[] = {"/run/systemd/timesync/synchronized", "/var/lib/chrony/drift",
                                      "/var/lib/chrony/chrony.drift", "/var/lib/ntp/ntp.drift",
                                      "/var/lib/ntpsec/ntp.drift"};

/* Seconds since the epoch; 0 = not there. */
static uint64_t changed_at(const char *path)
{
    struct statx got;

    if (WR_SYS(statx, AT_FDCWD, path, 0, STATX_MTIME, &got) != 0 || got.stx_mtime.tv_sec < 0)
        return 0;
    return (uint64_t)got.stx_mtime.tv_sec;
}

static void set_date(struct wr_evidence *ev, enum wr_fact fact, uint64_t seconds)
{
    char space[40];
    struct wr_buf buf = wr_buf_on(space, sizeof(space));

    wr_buf_date(&buf, seconds * 1000000);
    if (buf.len <= 20)
        return;
    buf.len = 19; /* without the microseconds */
    wr_buf_char(&buf, 'Z');
    wr_set_text(ev, fact, space, (uint32_t)buf.len);
}

struct bound {
    uint64_t newest, second;
    const char *newest_path, *second_path;
};

static void take_witness(struct bound *bound, const char *path, uint64_t at)
{
    if (at > bound->newest) {
        bound->second = bound->newest;
        bound->second_path = bound->newest_path;
        bound->newest = at;
        bound->newest_path = path;
    } else if (at > bound->second) {
        bound->second = at;
        bound->second_path = path;
    }
}

static void look_kept(struct wr_evidence *ev, uint64_t now)
{
    for (unsigned i = 0; i < sizeof(keepers) / sizeof(keepers[0]); i++) {
        uint64_t at = changed_at(keepers[i]);

        if (at != 0 && at <= now + 60 && at + KEPT_S >= now) {
            wr_set_str(ev, WR_FACT_tls_clock_kept, keepers[i]);
            return;
        }
    }
    wr_set_absent(ev, WR_FACT_tls_clock_kept);
}

void wr_probe_tls_clock(struct wr_probe_ctx *ctx)
{
    struct wr_evidence *ev = ctx->ev;
    struct bound bound = {0};
    uint64_t now = ctx->attempt->time_us / 1000000;
    bool wrong;

    if (!wr_ev_is(ev, WR_FACT_tls_failure, WR_TLS_VERIFY) &&
        !wr_ev_is(ev, WR_FACT_tls_failure, WR_TLS_REJECTED))
        return;
    for (unsigned i = 0; i < sizeof(witnesses) / sizeof(witnesses[0]); i++)
        take_witness(&bound, witnesses[i], changed_at(witnesses[i]));
    /* this one does not err */
    if (WRITTEN_S > bound.second) {
        bound.second = WRITTEN_S;
        bound.second_path = WRITTEN;
    }
    wrong = now + DAY_S < bound.second || now > bound.second + YEARS_AHEAD_S;
    set_date(ev, WR_FACT_tls_clock_now, now);
    wr_set_bool(ev, WR_FACT_tls_clock_wrong, wrong);
    if (wrong)
        wr_set_absent(ev, WR_FACT_tls_clock_kept);
    else
        look_kept(ev, now);
    if (!wrong)
        return;
    set_date(ev, WR_FACT_tls_clock_bound, bound.second);
    wr_set_str(ev, WR_FACT_tls_clock_witness, bound.second_path);
}
