# SPDX-License-Identifier: MIT
"""That a request can be followed through packet filters without a trace: rules, sockets and
processes are as before after a report, also when the host or the helper is killed meanwhile."""
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from contract import BUILD, LIBRARY, check, in_namespaces, skipped  # noqa: E402

# Counts what it sees of children and signals. The last line is what it found.
HOST = r"""
import errno, os, signal, socket, sys
seen = []
signal.signal(signal.SIGCHLD, lambda *_: seen.append("SIGCHLD"))
before = sorted(os.listdir("/proc/self/fd"))
s = socket.socket(type=socket.SOCK_DGRAM if sys.argv[4:] else socket.SOCK_STREAM)
s.settimeout(float(sys.argv[3]))
try:
    s.connect((sys.argv[1], int(sys.argv[2])))
    if sys.argv[4:]:
        s.send(b"x")
    print("connected", flush=True)
except OSError as error:
    s.close()
    print(type(error).__name__, flush=True)
try:
    os.waitpid(-1, os.WNOHANG)
    seen.append("a child")
except ChildProcessError:
    pass
if sorted(os.listdir("/proc/self/fd")) != before:
    seen.append("descriptors")
print(" ".join(seen) or "nothing", flush=True)
"""
# Long for tests, so that there is a moment to kill in.
LONG_MS = "20000"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rules():
    """The rules with their handles; what is listed as the generation rises in any case."""
    return run("nft", "-a", "-s", "list", "ruleset")


def netlink():
    """Sockets of packet filters, with their groups: one line each, without inode and address."""
    with open("/proc/net/netlink", encoding="ascii") as file:
        rows = [line.split() for line in file][1:]
    return sorted(f"protocol {row[1]} groups {row[3]}" for row in rows if row[1] == "12")


def processes():
    """Whoever runs our helper."""
    found = []
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"whyrefused", b"--worker"]:
            found.append((int(pid), words[2].decode()))
    return found


def state():
    return rules(), netlink(), processes()


def wait_for(condition, seconds=10.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.0005)
    return None


class World:
    def __init__(self, work):
        self.log = os.path.join(work, "report")

    def start(self, address, port, preload=True, timeout=0.05, over=(), **settings):
        if os.path.exists(self.log):
            os.remove(self.log)
        env = dict(os.environ, LANG="C", **settings)
        if preload:
            env.update(LD_PRELOAD=LIBRARY, WHYREFUSED_LOG=self.log, WHYREFUSED_FORMAT="json",
                       WHYREFUSED_CONFIG="none", WHYREFUSED_PROBES="active")
        return subprocess.Popen([sys.executable, "-S", "-c", HOST, address, str(port), str(timeout), *over], env=env,
                                stdout=subprocess.PIPE, text=True)

    def report(self):
        if not os.path.exists(self.log):
            return {}
        with open(self.log, encoding="utf-8") as file:
            lines = file.read().splitlines()
        return json.loads(lines[0]) if lines else {}

    def look(self, name, address, port, **settings):
        """One failure; what the host saw, and the evidence."""
        before = state()
        began = time.monotonic()
        said = self.start(address, port, **settings).communicate()[0].split("\n")
        spent = (time.monotonic() - began) * 1000
        check(f"rule: {name}: the host sees nothing of it", "" if said[1:2] == ["nothing"] else str(said))
        check(f"rule: {name}: nothing is left", "" if state() == before else f"{before} before, {state()} after")
        report = self.report()
        return report.get("whyrefused.evidence", {}), report.get("whyrefused.spent_us", 0) / 1000, spent


def sent(device):
    with open(f"/sys/class/net/{device}/statistics/tx_packets", encoding="ascii") as file:
        return int(file.read())


def own_table():
    match = re.search(r"table inet (whyrefused_\d+) ", run("nft", "list", "ruleset"))
    return match and match.group(1)


def killed(world, name, address, whom):
    """Kills the host or the helper while the request is under way."""
    before = state()
    host = world.start(address, 8080, WHYREFUSED_BUDGET_MS=LONG_MS)
    helper = wait_for(lambda: [pid for pid, task in processes() if task == "rule"])
    if helper is None:
        host.kill()
        check(f"rule: {name}", "the helper was not seen to start")
        return
    table = wait_for(own_table, 2.0)
    check(f"rule: {name}: there is a table", "" if table else "none was seen")
    os.kill(host.pid if whom == "host" else helper[0], signal.SIGKILL)
    said = host.communicate()[0].split("\n")
    if whom == "helper":
        check(f"rule: {name}: the host sees nothing of it", "" if said[1:2] == ["nothing"] else str(said))
        check(f"rule: {name}: the report says so",
              "" if world.report().get("whyrefused.evidence", {}).get("rule_missing") else str(world.report())[:300])
    after = wait_for(lambda: state() == before, 2.0)
    check(f"rule: {name}: nothing is left", "" if after else f"{before} before, {state()} after")


def inside(work):
    world = World(work)
    run("ip", "link", "set", "lo", "up")
    # a neighbour that takes everything and says nothing
    run("ip", "link", "add", "dull", "type", "veth", "peer", "name", "deaf")
    run("ip", "link", "set", "deaf", "up")
    run("ip", "addr", "add", "10.5.0.1/24", "dev", "dull")
    run("ip", "link", "set", "dull", "up", "arp", "off")
    bare = world.look("no tables", "127.0.0.1", 8080)
    check("rule: no tables: none is made", "" if not bare[0].get("rule_examined") else str(bare[0]))
    run("nft", "table inet fw { chain o { type filter hook output priority 0; tcp dport 8080 reject with tcp reset;"
        " tcp dport 8081 drop; udp dport 8081 drop; }; chain i { type filter hook input priority 0; }; }")
    for name, address, port, found in (("reject", "127.0.0.1", 8080, True), ("drop", "127.0.0.1", 8081, True),
                                       ("closed", "127.0.0.1", 8082, False), ("silent", "10.5.0.2", 8083, False)):
        facts, mine, whole = world.look(name, address, port)
        # in a user namespace the list of old tables can't be read: then there may be more
        told = facts.get("rule_found") is found or (not found and "iptables-legacy" in facts.get("rule_missing", ""))
        check(f"rule: {name}: is told", "" if told else str(facts))
        plain = time.monotonic()
        world.start(address, port, preload=False).communicate()
        plain = (time.monotonic() - plain) * 1000
        print(f"  {name}: {mine:.0f} ms for the report, {whole - plain:.0f} ms more for the program")
    run("mount", "-t", "sysfs", "sysfs", "/sys")
    before = sent("dull")
    facts, _, _ = world.look("datagram", "10.5.0.2", 8081, over=["udp"])
    check("rule: datagram: is told", "" if facts.get("rule_hook") == "output" else str(facts))
    check("rule: datagram: none leaves the machine", "" if sent("dull") == before else "one did")
    run("nft", "delete rule inet fw o handle " + re.search(r"dport 8080 .*handle (\d+)", rules()).group(1))
    for whom in ("host", "helper"):
        for _ in range(3):
            killed(world, f"the {whom} is killed", "10.5.0.2", whom)


def main():
    if not os.path.exists(os.path.join(BUILD, "whyrefused")):
        skipped("rule", "the library is not built")
        return
    in_namespaces("rule", inside, proof=("nft", "list", "ruleset"))


main()
