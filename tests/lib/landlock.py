# SPDX-License-Identifier: MIT
"""A Landlock sandbox around a program: landlock.py connect:PORT|bind:PORT COMMAND... PORT is the one that is allowed."""
import ctypes
import os
import struct
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_NET_PORT, PR_SET_NO_NEW_PRIVS = 2, 38
ACCESS = {"bind": 1, "connect": 2}


def main():
    libc = ctypes.CDLL(None, use_errno=True)

    def call(*args):
        result = libc.syscall(*args)
        if result < 0:
            sys.exit(os.strerror(ctypes.get_errno()))
        return result

    what, port = sys.argv[1].split(":")
    handled = ctypes.create_string_buffer(struct.pack("QQ", 0, ACCESS[what]), 16)
    rule = ctypes.create_string_buffer(struct.pack("QQ", ACCESS[what], int(port)), 16)
    ruleset = call(CREATE_RULESET, handled, ctypes.c_size_t(16), 0)
    call(ADD_RULE, ruleset, RULE_NET_PORT, rule, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    call(RESTRICT_SELF, ruleset, 0)
    os.execvp(sys.argv[2], sys.argv[2:])


main()
