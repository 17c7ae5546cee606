# SPDX-License-Identifier: MIT
"""That the tier `passive` sends nothing: calls that fail in many ways move the counters of the only
interface there is by what they move them without the library; and those of the tier `local` by more."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from contract import LIBRARY, check, in_namespaces, skipped  # noqa: E402

CALLS = r"""
import socket, subprocess

def tried(what, *args):
    try:
        what(*args)
    except OSError as error:
        print(error.errno)

def stream(address, seconds=None):
    sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
    sock.settimeout(seconds)
    with sock:
        sock.connect(address)

def datagram(address):
    with socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        sock.send(b"x")
        sock.send(b"x")

for host in "127.0.0.1", "::1":
    tried(stream, (host, 7001))          # nobody listens
    tried(stream, (host, 7002))          # a rule resets
    tried(stream, (host, 7003), 0.2)     # a rule drops
    tried(stream, (host, 7004), 0.2)     # a rule rejects, before a listener
    tried(stream, (host, 7005), 0.2)     # a rule keeps it from leaving
    tried(datagram, (host, 7001))
    tried(datagram, (host, 7005))
tried(stream, ("10.9.0.2", 80), 0.2)     # silence
tried(stream, ("192.0.2.1", 80))         # no route
tried(socket.getaddrinfo, "no-such-host.test", 80)
tried(socket.getaddrinfo, "old-host.test", 80)
tried(stream, ("127.0.0.2", 7001))
with socket.socket(socket.AF_UNIX) as sock:
    tried(sock.connect, "/run/no-such.sock")
"""

RULES = """
table inet t {
    chain i { type filter hook input priority 0;
        tcp dport 7002 reject with tcp reset; tcp dport 7003 drop; tcp dport 7004 reject; }
    chain o { type filter hook output priority 0; meta l4proto { tcp, udp } th dport 7005 drop; }
}
"""


def packets():
    with open("/proc/net/dev", encoding="ascii") as file:
        for line in file:
            name, _, numbers = line.partition(":")
            if name.strip() == "lo":
                return int(numbers.split()[9])
    return 0


def run(work, **settings):
    """What it printed, how many packets it sent, and the causes that were told."""
    report = os.path.join(work, "report")
    env = dict(os.environ, LANG="C", **settings)
    if settings:
        env.update(LD_PRELOAD=LIBRARY, WHYREFUSED_LOG=report, WHYREFUSED_FORMAT="json",
                   WHYREFUSED_CONFIG="none")
    before = packets()
    done = subprocess.run([sys.executable, "-S", "-c", CALLS], env=env, capture_output=True, text=True,
                          check=False)
    sent = packets() - before
    causes = []
    if os.path.exists(report):
        with open(report, encoding="utf-8") as file:
            causes = [json.loads(line).get("event.code") for line in file]
        os.remove(report)
    return done.stdout + done.stderr, sent, causes


def inside(work):
    """In namespaces of our own."""
    for path, text in (("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
                       ("/etc/nsswitch.conf", "hosts: files dns\n"),
                       ("/etc/hosts", "127.0.0.9 old-host.test\n")):
        own = os.path.join(work, os.path.basename(path))
        with open(own, "w", encoding="ascii") as file:
            file.write(text)
        if subprocess.run(["mount", "--bind", own, path], check=False).returncode:
            skipped("passive", f"{path} cannot be replaced here")
            return
    for command in ("ip link set lo up", "ip route add 10.9.0.0/24 dev lo", "nft -f -"):
        try:
            subprocess.run(command.split(), input=RULES, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            skipped("passive", f"{command}: {error}")
            return
    plain = run(work)
    again = run(work)
    passive = run(work, WHYREFUSED_PROBES="passive")
    local = run(work, WHYREFUSED_PROBES="local")
    check("passive: the calls send the same each time",
          "" if plain[1] == again[1] > 0 else f"{plain[1]} packets, then {again[1]}")
    check("passive: it was told of them", "" if len(passive[2]) > 8 else f"of {passive[2]} only")
    check("passive: nothing is sent",
          "" if passive[1] == plain[1] else f"{passive[1]} packets instead of {plain[1]}")
    check("local: requests to this machine are sent",
          "" if local[1] > plain[1] else f"{local[1]} packets, {plain[1]} without")
    for name, result in (("passive", passive), ("local", local)):
        check(f"{name}: the program saw the same", "" if result[0] == plain[0] else
              f"{result[0]!r}, not {plain[0]!r}")


in_namespaces("passive", inside)
