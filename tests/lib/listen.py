# SPDX-License-Identifier: MIT
"""A server for the scenarios: listen.py READY KIND ADDRESS [PORT] [key=value...]

KIND is tcp, udp or unix. It makes the file READY when it listens, and then takes connections.
v6only=0|1  device=NAME  backlog=N  uid=N  type=stream|dgram|seqpacket (unix)
do=hold (default) keeps connections open, close closes each at once, reset resets each, nothing
never accepts, bind only binds; banner=TEXT is sent first (\\r \\n are understood), then `do`.
after=FILE: not before FILE is there, which is removed then."""
import os
import socket
import struct
import sys
import time


def main():
    ready, kind, address = sys.argv[1:4]
    rest = sys.argv[4:]
    port = int(rest.pop(0)) if kind != "unix" else 0
    options = dict(argument.split("=", 1) for argument in rest)
    do = options.get("do", "hold")

    types = {"stream": socket.SOCK_STREAM, "dgram": socket.SOCK_DGRAM,
             "seqpacket": socket.SOCK_SEQPACKET}
    if kind == "unix":
        sock_type = types[options.get("type", "stream")]
        server = socket.socket(socket.AF_UNIX, sock_type)
        if address.startswith("@"):
            address = "\0" + address[1:]
        where = address
    else:
        sock_type = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        server = socket.socket(family, sock_type)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        where = socket.getaddrinfo(address, port, family, sock_type,
                                   flags=socket.AI_NUMERICHOST)[0][4]
    if "v6only" in options:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(options["v6only"]))
    if "device" in options:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, options["device"].encode())
    server.bind(where)
    if "uid" in options:
        os.setresuid(*[int(options["uid"])] * 3)
    streams = sock_type != socket.SOCK_DGRAM
    if streams and do != "bind":
        server.listen(int(options.get("backlog", "16")))
    with open(ready + ".new", "w", encoding="ascii"):
        pass
    os.rename(ready + ".new", ready)

    banner = options.get("banner", "").replace("\\r", "\r").replace("\\n", "\n").encode()
    held = []
    while True:
        if not streams:
            server.recv(65536)
            continue
        if do in ("nothing", "bind"):
            sys.stdout.flush()
            import signal
            signal.pause()
        client, _ = server.accept()
        try:
            if banner:
                client.sendall(banner)
            if "after" in options:
                while not os.path.exists(options["after"]):
                    time.sleep(0.002)
                os.unlink(options["after"])
            if do == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if do in ("close", "reset"):
                client.close()
            else:
                held.append(client)
        except OSError:
            client.close()


main()
