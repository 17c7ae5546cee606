#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A TLS client of Python: tls_client.py NAME PORT AUTHORITIES [key=value...]; 3 = the handshake failed.

min= max= alpn= ciphers= cert= key= crl= timeout= sni=none"""
import socket
import ssl
import sys


def main():
    name, port, authorities = sys.argv[1:4]
    options = dict(word.split("=", 1) for word in sys.argv[4:])
    context = ssl.create_default_context(cafile=authorities or None)
    if "min" in options:
        context.minimum_version = ssl.TLSVersion[options["min"]]
    if "max" in options:
        context.maximum_version = ssl.TLSVersion[options["max"]]
    if "alpn" in options:
        context.set_alpn_protocols(options["alpn"].split(","))
    if "ciphers" in options:
        context.set_ciphers(options["ciphers"])
    if "cert" in options:
        context.load_cert_chain(options["cert"], options["key"])
    if "crl" in options:
        context.load_verify_locations(options["crl"])
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    if options.get("sni") == "none":
        context.check_hostname = False
    timeout = float(options.get("timeout", 10))
    with socket.create_connection((name, int(port)), timeout=timeout) as sock:
        try:
            with context.wrap_socket(sock, server_hostname=None if options.get("sni") == "none" else name) as tls:
                tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
                if not tls.recv(4096):
                    raise OSError("closed")
        except OSError as error:
            print(type(error).__name__)
            return 3
    return 0


sys.exit(main())
