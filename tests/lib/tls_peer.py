#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A TLS server with a fault: tls_peer.py ADDRESS PORT [key=value...]

cert=FILE key=FILE     its certificate, with the chain that is to be sent
min= max=              TLSv1_2, TLSv1_3, ...
ciphers=LIST           for TLS 1.2; groups=NAME one group alone; dh=FILE Diffie-Hellman parameters
client=FILE            demands a client certificate by an authority of that file
alpn=a,b               takes these; another one gets alert 120
name=NAME              serves this name alone: any other, or none, gets alert 112
do=serve               (the usual) answers a request with a page
   close|reset         after the client's first message
   close-at-once       before it
   hold                takes the connection and says nothing
   alert:NUMBER        sends that alert after the client's first message
   say:TEXT            sends that at once (\\r\\n as in C), and goes on reading
   answer:TEXT         sends that after the client's first message, and closes"""
import re
import socket
import ssl
import struct
import sys
import threading
import time


def unescaped(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def send_reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def first_message(sock):
    head = b""
    while len(head) < 5:
        more = sock.recv(5 - len(head))
        if not more:
            return
        head += more
    left = struct.unpack(">H", head[3:5])[0]
    while left > 0:
        more = sock.recv(left)
        if not more:
            return
        left -= len(more)


def misbehave(sock, what):
    what, _, text = what.partition(":")
    if what == "say":
        sock.sendall(unescaped(text))
    elif what not in ("hold", "close-at-once"):
        first_message(sock)
    if what == "alert":
        sock.sendall(bytes([0x15, 3, 3, 0, 2, 2, int(text)]))
    elif what == "answer":
        sock.sendall(unescaped(text))
    if what in ("hold", "say"):
        while sock.recv(4096):
            if what == "say":
                time.sleep(0.2)
    if what == "reset":
        send_reset(sock)
    else:
        sock.close()


def context_of(options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The old versions and weak keys are off at the usual level.
    context.set_ciphers(options.get("ciphers", "ALL:@SECLEVEL=0"))
    if "cert" in options:
        context.load_cert_chain(options["cert"], options["key"])
    context.minimum_version = ssl.TLSVersion[options.get("min", "TLSv1_2")]
    if "max" in options:
        context.maximum_version = ssl.TLSVersion[options["max"]]
    if "groups" in options:
        context.set_ecdh_curve(options["groups"])
    if "dh" in options:
        context.load_dh_params(options["dh"])
    if "client" in options:
        context.load_verify_locations(options["client"])
        context.verify_mode = ssl.CERT_REQUIRED
    if "alpn" in options:
        context.set_alpn_protocols(options["alpn"].split(","))
    if "name" in options:
        def chosen(_, name, __):
            return None if name == options["name"] else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        context.sni_callback = chosen
    return context


def end_gently(sock):
    """What the client has sent meanwhile would make close() a reset, which overtakes the alert."""
    try:
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(5)
        while sock.recv(4096):
            pass
    except OSError:
        pass
    sock.close()


def serve(sock, context):
    tls = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
    try:
        tls.do_handshake()
        seen = b""
        while not re.search(b"\r?\n\r?\n", seen):
            more = tls.recv(4096)
            if not more:
                break
            seen += more
        else:
            tls.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
    except OSError:
        pass
    end_gently(socket.socket(fileno=tls.detach()))


def main():
    address, port = sys.argv[1], int(sys.argv[2])
    options = dict(word.split("=", 1) for word in sys.argv[3:])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    what = options.get("do", "serve")
    context = context_of(options) if what == "serve" else None
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(16)

    def one(sock):
        try:
            if context is not None:
                serve(sock, context)
            else:
                misbehave(sock, what)
        except OSError:
            sock.close()

    while True:
        sock, _ = listener.accept()
        threading.Thread(target=one, args=(sock,), daemon=True).start()


main()
