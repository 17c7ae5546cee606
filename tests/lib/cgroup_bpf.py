# SPDX-License-Identifier: MIT
"""Attaches BPF programs that deny to a cgroup, which they go with: cgroup_bpf.py DIRECTORY HOOK[=ERRNO]..."""
import ctypes
import errno
import os
import struct
import sys

BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
PROG_LOAD, PROG_ATTACH = 5, 8
CGROUP_SKB, CGROUP_SOCK_ADDR = 8, 18 # enum bpf_prog_type
HOOKS = {"egress": 1, "bind4": 8, "bind6": 9, "connect4": 10, "connect6": 11, "sendmsg4": 14, "sendmsg6": 15}
SET_RETVAL = 187
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    space = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    result = libc.syscall(BPF, command, space, 128)
    if result < 0:
        sys.exit(f"bpf({command}): {os.strerror(ctypes.get_errno())}")
    return result


def instruction(code, register=0, number=0):
    return struct.pack("<BBhi", code, register, 0, number)


def main():
    group = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
    for wanted in sys.argv[2:]:
        hook, _, error = wanted.partition("=")
        code = instruction(0xb7) + instruction(0x95) # return 0
        if error:
            code = instruction(0xb7, 1, -getattr(errno, error)) + instruction(0x85, 0, SET_RETVAL) + code
        code = ctypes.create_string_buffer(code, len(code))
        licence, kind = ctypes.create_string_buffer(b"GPL"), CGROUP_SKB if hook == "egress" else CGROUP_SOCK_ADDR
        # enum bpf_cmd, union bpf_attr of linux/bpf.h
        program = bpf(PROG_LOAD, struct.pack("IIQQIIQII16sII", kind, len(code) // 8, ctypes.addressof(code),
                                             ctypes.addressof(licence), 0, 0, 0, 0, 0, b"test_denies", 0, HOOKS[hook]))
        bpf(PROG_ATTACH, struct.pack("IIII", group, program, HOOKS[hook], 0))


main()
