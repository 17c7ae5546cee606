# SPDX-License-Identifier: MIT
import os
import resource
import signal
import socket
import sys

family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
server = socket.create_server((sys.argv[1], 8080), family=family, backlog=128)
client = os.fork()
if client == 0:
    connections = [socket.create_connection((sys.argv[1], 8080)) for _ in range(40)]
    signal.pause()
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
held, error = [], None
for _ in range(3):
    try:
        while True:
            held.append(server.accept()[0])
    except OSError as failed:
        error = failed
held.clear()
os.kill(client, 9)
os.waitpid(client, 0)
os._exit(error.errno)
