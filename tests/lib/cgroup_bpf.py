# SPDX-License-Identifier: MIT
"""Attaches BPF programs that deny to a cgroup, which they go with: cgroup_bpf.py DIRECTORY HOOK[=ERRNO][@ADDRESS,PORT]...

With an address they deny that alone, as Cilium does: told by its last four bytes."""
import ctypes
import errno
import os
import socket
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


def instruction(code, register=0, number=0, offset=0):
    return struct.pack("<BBhi", code, register, offset, number)


def unless(address, port, after):
    """Lets pass what goes elsewhere: fields of struct bpf_sock_addr, in network order."""
    host = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    parts = ((20 if ":" in address else 4, host[-4:]), (24, struct.pack("!HH", port, 0)))
    code = b""
    for place, (field, value) in enumerate(parts):
        # r2 = *(u32 *)(r1 + field); compare as 32 bits; skip to what lets pass
        left = 2 * (len(parts) - place - 1) + after
        code += instruction(0x61, 0x12, 0, field) + instruction(0x56, 2, struct.unpack("<i", value)[0], left)
    return code


def main():
    group = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
    for wanted in sys.argv[2:]:
        wanted, _, only = wanted.partition("@")
        hook, _, error = wanted.partition("=")
        code = instruction(0xb7) + instruction(0x95) # return 0
        if error:
            code = instruction(0xb7, 1, -getattr(errno, error)) + instruction(0x85, 0, SET_RETVAL) + code
        if only:
            address, _, port = only.partition(",")
            code = unless(address, int(port), len(code) // 8) + code + instruction(0xb7, 0, 1) + instruction(0x95)
        code = ctypes.create_string_buffer(code, len(code))
        licence, kind = ctypes.create_string_buffer(b"GPL"), CGROUP_SKB if hook == "egress" else CGROUP_SOCK_ADDR
        # enum bpf_cmd, union bpf_attr of linux/bpf.h
        program = bpf(PROG_LOAD, struct.pack("IIQQIIQII16sII", kind, len(code) // 8, ctypes.addressof(code),
                                             ctypes.addressof(licence), 0, 0, 0, 0, 0, b"test_denies", 0, HOOKS[hook]))
        bpf(PROG_ATTACH, struct.pack("IIII", group, program, HOOKS[hook], 0))


main()
