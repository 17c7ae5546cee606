# SPDX-License-Identifier: MIT
import socket
import sys

sockets = []
for _ in range(2):
    sockets.append(socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET))
    sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sockets[-1].bind((sys.argv[1], 40500))
try:
    for client in sockets:
        client.connect((sys.argv[1], 8080))
except OSError as error:
    sys.exit(error.errno)
