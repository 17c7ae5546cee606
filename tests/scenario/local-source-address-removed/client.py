# SPDX-License-Identifier: MIT
import os
import socket
import subprocess
import sys

env = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
subprocess.run(["ip", "addr", "add", "10.4.0.3/24", "dev", "eth0"], env=env, check=True)
client = socket.socket()
client.bind(("10.4.0.3", 0))
subprocess.run(["ip", "addr", "del", "10.4.0.3/24", "dev", "eth0"], env=env, check=True)
try:
    client.connect(("192.0.2.9", 80))
except OSError as error:
    sys.exit(error.errno)
