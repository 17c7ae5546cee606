# SPDX-License-Identifier: MIT
"""What following a connection hop by hop costs the network: how many requests to connect, how long,
and that nothing of it is left, even of a process that is killed in the middle of it."""
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from contract import LIBRARY, ROOT, check, in_namespaces, skipped  # noqa: E402

FILES = os.path.join(ROOT, "tests", "lib")
MOST = 48  # WR_PATH_TRIES of shim/probe/path.h
AT_ONCE = 8  # failures that are followed before it is one every few seconds: shim/probe/path.c
DELAY_MS = 10
# What it may take is two round trips and 150 ms; what these take is measured beside it, and the best of some tries counts.
BESIDES_MS = 150
BUDGET_MS = 60
MOST_RATIO = 1.3
TRIES = 3
SERVER = "10.4.0.2"
# shellcheck's view of line.bash, without the runner around it
LINE = """
family=4 as=root files=$1 control=$2
fail() { echo "$*" >&2; exit 1; }
skip() { echo "skipped path: $*"; exit 0; }
wait_until() { for _ in $(seq 400); do "$@" && return; sleep 0.025; done; fail "waited in vain: $*"; }
mount -t tmpfs none /run && mkdir -p /run/netns && ip link set lo up || exit 1
set -e
. "$files/line.bash"
line delay=%d
trap 'kill $(jobs -p) 2>/dev/null' EXIT
shift 2
"$@"
""" % DELAY_MS
COUNTER = ("table inet watch { counter syns { packets 0 bytes 0; }; chain o { type filter hook output priority 300; "
           "tcp flags & (syn | ack | rst) == syn counter name syns; }; }")
CLIENT = """
import os, socket, subprocess, sys
def fds():
    return sorted(os.listdir("/proc/self/fd"))
before = fds()
for port in sys.argv[2:]:
    s = socket.socket()
    s.settimeout(0.3)
    try:
        s.connect((sys.argv[1], int(port)))
    except OSError as error:
        print(type(error).__name__)
    s.close()
print("descriptors", "same" if fds() == before else "left")
"""
# What the time budget is to what it takes: more than waiting took, in units of a wait as long as the budget.
HURRIED = """
import select, socket, sys, time
def took(call):
    begin = time.monotonic()
    try:
        call()
    except OSError:
        pass
    return time.monotonic() - begin
wait = select.poll().poll
for port in sys.argv[3:]:
    s = socket.socket()
    s.settimeout(0.3)
    call = took(lambda: s.connect((sys.argv[1], int(port)))) + took(s.close)
    print((call - took(lambda: wait(300))) / took(lambda: wait(int(sys.argv[2]))))
"""
LISTENER = """
import socket, sys
s = socket.socket()
s.bind(("", 443))
s.listen(64)
print("listens", flush=True)
while True:
    c = s.accept()[0]
    c.settimeout(2)
    try:
        print("end of file" if c.recv(1) == b"" else "bytes", flush=True)
    except ConnectionResetError:
        print("reset", flush=True)
    except TimeoutError:
        print("left open", flush=True)
    c.close()
"""


def run(*command, stdin=None):
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout


def rule(where, text):
    run("ip", "netns", "exec", where, "nft", "flush", "ruleset")
    if text:
        run("ip", "netns", "exec", where, "nft", "-f", "-",
            stdin="table inet fw { chain c { %s; }; }" % text)


def sent():
    """Requests to connect that have left here since the last call."""
    text = run("nft", "reset", "counter", "inet", "watch", "syns")
    return int(re.search(r"packets (\d+)", text)[1])


def left():
    return run("ss", "-Htan", "state", "connected", "dst", SERVER)


class World:
    def __init__(self, work):
        self.report = os.path.join(work, "report")
        self.round_trip = min(took(refused) for _ in range(5))

    def env(self):
        return dict(os.environ, LD_PRELOAD=LIBRARY, WHYREFUSED_LOG=self.report, WHYREFUSED_CONFIG="none",
                    WHYREFUSED_FORMAT="json", WHYREFUSED_PROBES="active", WHYREFUSED_BUDGET_MS="20000")

    def reports(self):
        """Those that were followed."""
        found = []
        if os.path.exists(self.report):
            with open(self.report, encoding="utf-8") as file:
                found = [json.loads(line).get("whyrefused.evidence", {}) for line in file]
            os.remove(self.report)
        return [evidence for evidence in found if "path_us" in evidence]

    def connect(self, *ports):
        """What the client prints, the reports, requests to connect that were sent."""
        sent()
        done = subprocess.run([sys.executable, "-S", "-c", CLIENT, SERVER, *map(str, ports)],
                              env=self.env(), capture_output=True, text=True, check=False)
        remains = left()
        return done.stdout, self.reports(), sent(), remains


def took(call):
    begin = time.monotonic()
    call()
    return time.monotonic() - begin


def refused():
    with socket.socket() as s:
        try:
            s.connect((SERVER, 9))
        except ConnectionRefusedError:
            pass


def ratio(world, evidence):
    """What it took, to what it may take."""
    waited = took(lambda: select.poll().poll(BESIDES_MS))
    return evidence["path_us"] / 1e6 / (2 * world.round_trip + waited)


def one(world, name, ends):
    said, reports, packets, remains = world.connect(8080)
    ratios = [ratio(world, evidence) for evidence in reports]
    check(f"path: {name}: followed", "" if len(reports) == 1 and ends in said else f"{len(reports)} times: {said}")
    # one is the program's own
    check(f"path: {name}: at most {MOST} requests", "" if 1 < packets <= MOST + 1 else f"{packets} were sent")
    check(f"path: {name}: no descriptor is left", "" if "same" in said else said)
    check(f"path: {name}: no connection is left", remains)
    for _ in range(TRIES - 1):
        if ratios and min(ratios) < MOST_RATIO:
            break
        ratios += [ratio(world, evidence) for evidence in world.connect(8080)[1]]
    check(f"path: {name}: within two round trips and {BESIDES_MS} ms",
          "" if ratios and min(ratios) < MOST_RATIO else f"{ratios} of that")


def hurried(world):
    """The budget ends before the way is known, and a report is there all the same."""
    done = subprocess.run([sys.executable, "-S", "-c", HURRIED, SERVER, str(BUDGET_MS)] + [str(8200 + i) for i in range(TRIES)],
                          env=dict(world.env(), WHYREFUSED_BUDGET_MS=str(BUDGET_MS)), capture_output=True, text=True, check=False)
    ratios = [float(line) for line in done.stdout.split()]
    reports = []
    if os.path.exists(world.report):
        with open(world.report, encoding="utf-8") as file:
            reports = [json.loads(line) for line in file]
        os.remove(world.report)
    check("path: little time: each failure is reported", "" if len(reports) == TRIES else f"{len(reports)} of {TRIES}")
    check("path: little time: the budget is kept to",
          "" if ratios and min(ratios) < MOST_RATIO else f"{ratios} of it: {done.stderr}")
    said = [unknown["what"] + unknown.get("command", "") for report in reports for unknown in report["whyrefused.unknown"]]
    check("path: little time: it is said that it was too little",
          "" if any("WHYREFUSED_BUDGET_MS" in what for what in said) else str(said))


def killed(world):
    """In the middle of it, when its requests are under way."""
    sent()
    client = subprocess.Popen([sys.executable, "-S", "-c", CLIENT, SERVER, "8080"], env=world.env(),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    met = ""
    until = time.monotonic() + 20
    while met.count("\n") < 3 and client.poll() is None and time.monotonic() < until:
        met = run("ss", "-Htan", "state", "syn-sent", "dst", SERVER)
    client.send_signal(signal.SIGKILL)
    client.wait()
    check("path: killed: it was in the middle", "" if met.count("\n") >= 3 else "it was not met there")
    check("path: killed: no connection is left", left())
    world.reports()


def inside(work):
    world = World(work)
    listener = subprocess.Popen(["ip", "netns", "exec", "s", sys.executable, "-S", "-c", LISTENER],
                                stdout=subprocess.PIPE, text=True)
    listener.stdout.readline()
    run("nft", "-f", "-", stdin=COUNTER)
    forward = "type filter hook forward priority 0; tcp dport 8080 "
    one(world, "closed", "ConnectionRefusedError")
    rule("r2", forward + "reject with tcp reset")
    one(world, "reset on the way", "ConnectionRefusedError")
    rule("r3", forward + "reject with tcp reset")
    rule("r2", "")
    one(world, "reset by the last router", "ConnectionRefusedError")
    rule("r3", "")
    rule("r2", forward + "drop")
    one(world, "dropped", "TimeoutError")
    killed(world)
    rule("r2", "type filter hook forward priority 0; meta l4proto tcp drop")
    one(world, "nothing answers", "TimeoutError")
    hurried(world)
    rule("r2", "")
    _, reports, packets, remains = world.connect(*range(8100, 8130))
    check("path: many failures: few are followed", "" if 0 < len(reports) <= AT_ONCE + 2 else str(len(reports)))
    check("path: many failures: a bounded number of requests",
          "" if packets <= 30 + (AT_ONCE + 2) * MOST else f"{packets} were sent")
    check("path: many failures: no connection is left", remains)
    listener.terminate()
    ends = listener.communicate()[0].split("\n")[:-1]
    check("path: an open port is reset at once",
          "" if ends and set(ends) == {"reset"} else f"{len(ends)} connections: {sorted(set(ends))}")


def main():
    for program in ("ip", "nft", "ss", "unshare"):
        if shutil.which(program) is None:
            skipped("path", f"no {program}")
            return
    if os.geteuid() != 0:
        skipped("path", "needs root for network namespaces with names")
        return
    in_namespaces("path", inside, through=lambda work: ["bash", "-c", LINE, "line", FILES, work])


main()
