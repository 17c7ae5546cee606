#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""relay.py READY NAMESPACE DEVICE NAMESPACE DEVICE MS: a link between two TUN devices that keeps each packet for MS milliseconds.

Packets arrive from another process then, as from a network card, and not within the sender's system call."""
import collections
import ctypes
import fcntl
import os
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454ca
IFF_TUN, IFF_NO_PI = 1, 0x1000


def device(namespace, name):
    with open(f"/run/netns/{namespace}", "rb") as there:
        if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def main():
    ready, from_namespace, from_name, to_namespace, to_name, delay_ms = sys.argv[1:]
    ends = [device(from_namespace, from_name), device(to_namespace, to_name)]
    open(ready, "w", encoding="ascii").close()
    waiting = collections.deque()
    while True:
        left = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for end in select.select(ends, [], [], left)[0]:
            try:
                packet = os.read(end, 65536)
            except OSError:
                continue # its device is down
            waiting.append((time.monotonic() + float(delay_ms) / 1000, ends[1 - ends.index(end)], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, end, packet = waiting.popleft()
            try:
                os.write(end, packet)
            except OSError:
                pass


main()
