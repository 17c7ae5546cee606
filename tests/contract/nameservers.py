# SPDX-License-Identifier: MIT
"""What our own questions to nameservers cost, how many there are, and that libc's resolver is not
called by us: it would ask again, without EDNS, which ours have unless a server is silent."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from contract import LIBRARY, ROOT, check, in_namespaces, skipped  # noqa: E402

SERVER = os.path.join(ROOT, "tests", "lib", "nameserver.py")
BUDGET_MS = 200
# Start of the library, the frames, writing: a machine under load takes its time.
SLACK_MS = 400
LOOK = ("import socket, sys\ntry:\n    socket.getaddrinfo(sys.argv[1], 80)\n"
        "except socket.gaierror as error:\n    print(error.errno)\n")


class World:
    def __init__(self, work):
        self.work = work
        self.log = os.path.join(work, "questions")

    def serve(self, *options):
        ready = os.path.join(self.work, "ready")
        server = subprocess.Popen([sys.executable, SERVER, ready, "127.0.0.1", "log=" + self.log, *options])
        for _ in range(400):
            if os.path.exists(ready):
                break
            time.sleep(0.025)
        os.remove(ready)
        return server

    def look(self, name, **settings):
        """What the program prints, its time in ms, the report, the questions that were asked."""
        open(self.log, "w", encoding="ascii").close()
        report = os.path.join(self.work, "report")
        env = dict(os.environ, LANG="C", **settings)
        if settings:
            env.update(LD_PRELOAD=LIBRARY, WHYREFUSED_LOG=report, WHYREFUSED_FORMAT="json",
                       WHYREFUSED_CONFIG="none")
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-S", "-c", LOOK, name], env=env, capture_output=True,
                              text=True, check=False)
        spent = (time.monotonic() - began) * 1000
        text = ""
        if os.path.exists(report):
            with open(report, encoding="utf-8") as file:
                text = file.read()
            os.remove(report)
        with open(self.log, encoding="ascii") as file:
            questions = file.read().splitlines()
        return done.stdout, spent, text, questions


def put(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def inside(work):
    """In namespaces of our own."""
    world = World(work)
    conf = os.path.join(work, "resolv.conf")
    nsswitch = os.path.join(work, "nsswitch.conf")
    put(conf, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    put(nsswitch, "hosts: files dns\n")
    for path, target in ((conf, "/etc/resolv.conf"), (nsswitch, "/etc/nsswitch.conf")):
        if subprocess.run(["mount", "--bind", path, target], check=False).returncode:
            skipped("nameservers", f"{target} cannot be replaced here")
            return
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    budget = str(BUDGET_MS)

    server = world.serve("default=nxdomain")
    plain = world.look("a.example.test")
    loaded = world.look("b.example.test", WHYREFUSED_BUDGET_MS=budget)
    passive = world.look("c.example.test", WHYREFUSED_PROBES="passive")
    server.kill()
    server.wait()
    check("nameservers: a report", "" if "dns-name-not-found" in loaded[2] else loaded[2][:300] or "none")
    own = [q for q in loaded[3] if q.endswith(" edns")]
    theirs = [q.replace("b.", "a.") for q in loaded[3] if not q.endswith(" edns")]
    check("nameservers: libc asks as often as without us",
          "" if theirs == plain[3] and theirs else f"{plain[3]} without, {loaded[3]} with")
    check("nameservers: one question of ours a type",
          "" if sorted(own) == ["b.example.test A edns", "b.example.test AAAA edns"] else str(own))
    check("nameservers: none of ours in the tier passive",
          "" if [q.replace("c.", "a.") for q in passive[3]] == plain[3] and passive[2] else str(passive[3]))

    server = world.serve("default=silent")
    plain = min(world.look("d.example.test")[1] for _ in range(2))
    loaded = world.look("e.example.test", WHYREFUSED_BUDGET_MS=budget)
    server.kill()
    server.wait()
    added = loaded[1] - plain
    check("nameservers: silence costs no more than the budget",
          "" if added < BUDGET_MS + SLACK_MS else f"{added:.0f} ms more, with a budget of {BUDGET_MS} ms")
    check("nameservers: silence is reported", "" if "dns-server-no-answer" in loaded[2] else loaded[2][:300])


in_namespaces("nameservers", inside)
