#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server of what is said before TLS: starttls_peer.py postgres|smtp|imap ADDRESS PORT

It goes through the prelude, hears the beginning of the first message of the handshake and sends alert 40."""
import socket
import sys

FEATURES = b"".join(b"250-FEATURE%02d a word or two\r\n" % i for i in range(24))
# What it says (bytes), or what of the client it waits for: a number of bytes, or a line that begins so.
PRELUDES = {
    "postgres": (8, b"S"),
    "smtp": (b"220 mail.test ESMTP ready\r\n", "EHLO", b"250-mail.test\r\n" + FEATURES + b"250 STARTTLS\r\n", "STARTTLS",
             b"220 go ahead\r\n"),
    "imap": (b"* OK IMAP4rev1 ready\r\n", "a STARTTLS", b"a OK begin\r\n"),
}


def hear(sock, what):
    data = b""
    while len(data) < what if isinstance(what, int) else not (data.startswith(what.encode()) and data.endswith(b"\n")):
        more = sock.recv(what - len(data) if isinstance(what, int) else 4096)
        if not more:
            return
        data += more


def serve(kind, address, port):
    with socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
        while True:
            sock, _ = listener.accept()
            with sock:
                for step in PRELUDES[kind]:
                    if isinstance(step, bytes):
                        sock.sendall(step)
                    else:
                        hear(sock, step)
                hear(sock, 5 + 40)
                sock.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
                while sock.recv(4096):
                    pass


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
