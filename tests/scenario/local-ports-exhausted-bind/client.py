# SPDX-License-Identifier: MIT
import errno
import socket
import sys

held = []
for tries in range(6):
    held.append(socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET))
    try:
        held[-1].bind((sys.argv[1], 0))
    except OSError as error:
        print(tries, errno.errorcode[error.errno])
        sys.exit(3)
