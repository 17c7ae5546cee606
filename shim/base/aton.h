/* SPDX-License-Identifier: MIT
 * IPv4 addresses in all the forms that inet_aton(3) takes, and with it getaddrinfo(3). Pure. */
#ifndef WR_BASE_ATON_H
#define WR_BASE_ATON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One to four parts, the last of which fills what is left; each decimal, octal ("010") or
 * hexadecimal ("0x0a"): "127.1", "0x7f000001". Nothing may follow. */
bool wr_aton(const char *text, size_t len, uint8_t ret_bytes[4]);

#endif
