# SPDX-License-Identifier: MIT
import socket
import sys

sockets = []
for _ in range(2):
    sockets.append(socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET))
    sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sockets[-1].bind((sys.argv[1], 5432))
sockets[0].listen()
try:
    sockets[1].listen()
except OSError as error:
    sys.exit(error.errno)
