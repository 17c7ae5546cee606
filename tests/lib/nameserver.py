# SPDX-License-Identifier: MIT
"""A nameserver for the tests: nameserver.py READY ADDRESS [PORT] [key=value...]

It makes the file READY when it answers. What it says hangs on the name:
NAME=WHAT in the arguments, else `default=` (nxdomain). WHAT is, joined by +:
  10.0.0.1, ::1    addresses (of either family); no others: that type is empty
  nxdomain nodata servfail refused notimp formerr
  edeN[:text]      with an extended error
  dnssec           SERVFAIL, unless checking is disabled; then what else is said
  noedns           FORMERR where the question has EDNS; plain: silence there
  silent           nothing; noaaaa: nothing for AAAA; delayMS: later
  truncated        truncated over UDP; wrongid, garbage, short: no valid answer
  cname            by way of another name
NAME is the whole name; NAME.any the first label of any. log=FILE writes a line for
each question: NAME TYPE [edns] [cd]. tcp=yes takes connections on the same port and answers there;
tcp=no (default) does not listen."""
import os
import select
import socket
import struct
import sys
import time

TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV"}
RCODES = {"formerr": 1, "servfail": 2, "nxdomain": 3, "notimp": 4, "refused": 5}


def read_name(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
        at += message[at] + 1
    return ".".join(labels), at + 1


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


class Question:
    def __init__(self, message):
        self.id, self.flags, _, _, _, more = struct.unpack("!6H", message[:12])
        self.name, at = read_name(message, 12)
        self.type, self.cls = struct.unpack("!2H", message[at:at + 4])
        self.section = message[12:at + 4]
        self.edns = more > 0 and message[at + 4:at + 7] == b"\0\0\x29"
        self.cd = bool(self.flags & 0x10)

    def __str__(self):
        return " ".join([self.name, TYPES.get(self.type, str(self.type))] +
                        ["edns"] * self.edns + ["cd"] * self.cd)


def record(name, kind, data):
    return name + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def answer(question, words, over_tcp):
    """The message, or None for silence."""
    rcode, flags, records, ede = 0, 0x8180, [], b""
    owner = b"\xc0\x0c"
    for word in words:
        if word in RCODES:
            rcode = RCODES[word]
        elif word == "silent" or (word == "noaaaa" and question.type == 28) or \
                (word == "plain" and question.edns):
            return None
        elif word == "dnssec" and not question.cd:
            rcode = 2
        elif word == "noedns" and question.edns:
            return struct.pack("!6H", question.id, 0x8181, 1, 0, 0, 0) + question.section
        elif word == "truncated" and not over_tcp:
            flags |= 0x200
        elif word == "wrongid":
            question.id ^= 0x5555
        elif word == "garbage":
            return os.urandom(40)
        elif word == "short":
            return struct.pack("!H", question.id)
        elif word.startswith("ede"):
            code, _, text = word[3:].partition(":")
            ede = struct.pack("!HHH", 15, 2 + len(text), int(code)) + text.encode()
        elif word == "cname":
            other = wire("alias.test")
            records.append(record(owner, 5, other))
            owner = other
        elif word.startswith("delay"):
            time.sleep(int(word[5:]) / 1000)
    if rcode == 0 and not flags & 0x200:
        for word in words:
            for family, kind in ((socket.AF_INET, 1), (socket.AF_INET6, 28)):
                if kind == question.type:
                    try:
                        records.append(record(owner, kind, socket.inet_pton(family, word)))
                    except OSError:
                        pass
    soa = b"" if records else record(b"\0", 6, b"\0\0" + struct.pack("!5I", 1, 60, 60, 60, 60))
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(ede)) + ede if question.edns else b""
    return struct.pack("!6H", question.id, flags | rcode, 1, len(records), soa != b"", opt != b"") + \
        question.section + b"".join(records) + soa + opt


def main():
    ready, address = sys.argv[1:3]
    rest = sys.argv[3:]
    port = int(rest.pop(0)) if rest and rest[0].isdigit() else 53
    options = dict(argument.split("=", 1) for argument in rest)
    log = open(options.pop("log"), "a", encoding="ascii", buffering=1) if "log" in options else None
    tcp = options.pop("tcp", "no")
    default = options.pop("default", "nxdomain")
    says = {name.lower(): what.split("+") for name, what in options.items()}

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    where = socket.getaddrinfo(address, port, family, socket.SOCK_DGRAM,
                               flags=socket.AI_NUMERICHOST)[0][4]
    udp = socket.socket(family, socket.SOCK_DGRAM)
    udp.bind(where)
    sockets = [udp]
    if tcp == "yes":
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(16)
        sockets.append(listener)
    with open(ready + ".new", "w", encoding="ascii"):
        pass
    os.rename(ready + ".new", ready)

    def reply(message, over_tcp):
        try:
            question = Question(message)
        except (IndexError, struct.error):
            return None
        if log:
            log.write(f"{question}\n")
        name = question.name.lower()
        words = says.get(name) or (says.get(name.split(".")[0] + ".any") if "." in name else None)
        return answer(question, words or default.split("+"), over_tcp)

    def serve_tcp(client):
        with client:
            client.settimeout(2)
            try:
                size = client.recv(2, socket.MSG_WAITALL)
                message = client.recv(struct.unpack("!H", size)[0], socket.MSG_WAITALL)
                said = reply(message, True)
                if said:
                    client.sendall(struct.pack("!H", len(said)) + said)
            except (OSError, struct.error):
                pass

    while True:
        for ready_socket in select.select(sockets, [], [])[0]:
            if ready_socket is udp:
                message, peer = udp.recvfrom(4096)
                said = reply(message, False)
                if said is not None:
                    udp.sendto(said, peer)
            else:
                serve_tcp(ready_socket.accept()[0])


main()
