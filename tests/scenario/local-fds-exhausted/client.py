# SPDX-License-Identifier: MIT
import os
import socket
import sys

held = []
try:
    while True:
        held.append(socket.socket(socket.AF_INET6 if sys.argv[1] == "6" else socket.AF_INET))
except OSError as error:
    os._exit(error.errno)
