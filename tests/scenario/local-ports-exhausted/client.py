# SPDX-License-Identifier: MIT
import errno
import socket
import sys

held = []
for tries in range(6):
    try:
        held.append(socket.create_connection((sys.argv[1], int(sys.argv[2]))))
    except OSError as error:
        print(tries, errno.errorcode[error.errno])
        sys.exit(3)
