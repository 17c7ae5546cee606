# SPDX-License-Identifier: MIT
# sandbox.py COMMAND...: connect() answers EPERM.
import ctypes
import os
import struct
import sys

SYS_CONNECT = {"x86_64": 42, "aarch64": 203}[os.uname().machine]
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[os.uname().machine]
EPERM = 1
filters = [(0x20, 0, 0, 4), (0x15, 0, 3, ARCH),         # another architecture: allow
           (0x20, 0, 0, 0), (0x15, 0, 1, SYS_CONNECT),  # another call: allow
           (0x06, 0, 0, 0x00050000 | EPERM),              # SECCOMP_RET_ERRNO
           (0x06, 0, 0, 0x7FFF0000)]                    # SECCOMP_RET_ALLOW
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in filters))
fprog = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(filters),
                                                ctypes.addressof(program)))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, fprog, 0, 0) != 0:
    sys.exit("prctl: " + os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[1], sys.argv[1:])
