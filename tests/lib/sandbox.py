# SPDX-License-Identifier: MIT
"""A seccomp filter, as sandboxes make them, around a program: sandbox.py WHAT COMMAND...

WHAT: 4, 6, unix or netlink = socket() of that family answers EAFNOSUPPORT; connect or sendto = that call
answers EPERM; bind: EACCES; socket = socket() of an IP family answers ENOSYS."""
import ctypes
import errno
import os
import struct
import sys

FAMILIES = {"4": 2, "6": 10, "unix": 1, "netlink": 16}
NUMBERS = {"x86_64": (0xC000003E, {"socket": 41, "connect": 42, "sendto": 44, "bind": 49}),
           "aarch64": (0xC00000B7, {"socket": 198, "connect": 203, "sendto": 206, "bind": 200})}
ANSWERS = {"connect": errno.EPERM, "sendto": errno.EPERM, "bind": errno.EACCES}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000 # SECCOMP_RET_
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NR_AT, ARCH_AT, FIRST_ARGUMENT_AT = 0, 4, 16 # in struct seccomp_data


def filter_of(conditions, error):
    """Where all of (offset, value) hold, the error; else the call is allowed."""
    lines = []
    for i, (offset, value) in enumerate(conditions):
        lines += [(LOAD, 0, 0, offset), (JUMP_IF_EQUAL, 0, 2 * (len(conditions) - i) - 1, value)]
    return lines + [(RETURN, 0, 0, ERRNO | error), (RETURN, 0, 0, ALLOW)]


def main():
    what, command = sys.argv[1], sys.argv[2:]
    arch, numbers = NUMBERS[os.uname().machine]
    if what in ANSWERS:
        lines = filter_of([(ARCH_AT, arch), (NR_AT, numbers[what])], ANSWERS[what])
    elif what == "socket":
        lines = filter_of([(ARCH_AT, arch), (NR_AT, numbers[what]), (FIRST_ARGUMENT_AT, FAMILIES["4"])],
                          errno.ENOSYS)
    else:
        lines = filter_of([(ARCH_AT, arch), (NR_AT, numbers["socket"]), (FIRST_ARGUMENT_AT, FAMILIES[what])],
                          errno.EAFNOSUPPORT)
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    fprog = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(lines), ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or \
            libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fprog, 0, 0) != 0:
        sys.exit("prctl: " + os.strerror(ctypes.get_errno()))
    os.execvp(command[0], command)


main()
