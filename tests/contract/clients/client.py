# SPDX-License-Identifier: MIT
"""client.py HOW ADDRESS PORT: the ways of Python's library to connect."""
import asyncio
import http.client
import socket
import sys
import urllib.request

HOW, HOST, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])


def blocking():
    with socket.socket() as client:
        client.connect((HOST, PORT))


def timeout():
    socket.create_connection((HOST, PORT), 1).close()


async def stream():
    await asyncio.wait_for(asyncio.open_connection(HOST, PORT), 1)


def urlopen():
    urllib.request.urlopen(f"http://{HOST}:{PORT}/", timeout=1)


def connection():
    http.client.HTTPConnection(HOST, PORT, timeout=1).request("GET", "/")


def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.connect((HOST, PORT))
        client.send(b"x")
        client.recv(1)


async def datagrams():
    done = asyncio.get_running_loop().create_future()

    class Protocol(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            transport.sendto(b"x")

        def error_received(self, exc):
            done.set_exception(exc)

    await asyncio.get_running_loop().create_datagram_endpoint(Protocol, remote_addr=(HOST, PORT))
    await asyncio.wait_for(done, 1)


try:
    if HOW == "asyncio":
        asyncio.run(stream())
    elif HOW == "datagrams":
        asyncio.run(datagrams())
    else:
        globals()[HOW]()
except (OSError, asyncio.TimeoutError) as error:
    print(type(error).__name__)
    sys.exit(3)
