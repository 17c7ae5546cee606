/* SPDX-License-Identifier: MIT
 * What the settings of systemd.resource-control(5) let a unit's processes send and bind to. Pure.
 * For the probes. */
#ifndef WR_PROBE_UNIT_ACCESS_H
#define WR_PROBE_UNIT_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "whyrefused/address.h"

#define WR_UNIT_SETTING_MAX 160

struct wr_unit_access {
    /* The question: a packet to this address, out of that interface ("" = not known); or a bind()
     * to that port. */
    struct wr_addr addr;
    const char *device;
    bool binds;
    int protocol; /* of the bind(): IPPROTO_TCP, IPPROTO_UDP */
    /* The answer so far, all of it false to begin with. */
    bool address_allowed, address_denied, bind_allowed, bind_denied;
    bool devices_set, devices_are_denied, device_named;
    char address_setting[WR_UNIT_SETTING_MAX], bind_setting[WR_UNIT_SETTING_MAX],
        device_setting[WR_UNIT_SETTING_MAX]; /* "IPAddressDeny=any" */
};

/* Takes one assignment of the unit's files, in their order; others are passed over. */
void wr_unit_access_take(struct wr_unit_access *access, const char *key, const char *value);

/* The setting that denies it, terminated; NULL where none does. An allowing entry wins. */
const char *wr_unit_access_denied(const struct wr_unit_access *access);

#endif
