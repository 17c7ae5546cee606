# SPDX-License-Identifier: MIT
"""What the contract tests share: counting, and reading the tables of the tree."""
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
LIBRARY = os.path.join(BUILD, "libwhyrefused.so")
failures = 0


def check(name, complaint):
    """One test: `complaint` is what is wrong, or empty."""
    global failures  # pylint: disable=global-statement
    if complaint:
        failures += 1
        print(f"FAILED {name}: {complaint}")
    else:
        print(f"ok {name}")
    sys.stdout.flush()


def skipped(name, why):
    print(f"skipped {name}: {why}")


def finish():
    sys.exit(1 if failures else 0)


def reported(command, work, environment, cwd):
    """The lines that a program prints, the last being its status, and how many reports there were of it."""
    log = os.path.join(work, "report.json")
    env = {"PATH": os.environ["PATH"], "WHYREFUSED_LOG": log, "WHYREFUSED_FORMAT": "json", "WHYREFUSED_CONFIG": "none"}
    env.update(environment)
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600, check=False)
    lines = done.stdout.decode(errors="backslashreplace").splitlines() + [f"status {done.returncode}"]
    reports = 0
    if os.path.exists(log):
        with open(log, "rb") as file:
            reports = len(file.read().splitlines())
        os.unlink(log)
    return lines, reports


def in_namespaces(suite, inside, proof=("true",), through=lambda work: []):
    """Runs inside(work) in network, mount and pid namespaces of its own, by starting the script there again.

    proof: a command that has to work there, or the suite is skipped. through(work): what starts the script there."""
    if len(sys.argv) > 1:
        inside(sys.argv[1])
        finish()
    if not os.path.exists(LIBRARY):
        skipped(suite, "the library is not built")
        return
    with tempfile.TemporaryDirectory(prefix=f"whyrefused-{suite}.") as work:
        command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"]
        if os.geteuid() != 0:
            command += ["--user", "--map-root-user"]
        if subprocess.run(command + list(proof), stderr=subprocess.DEVNULL, check=False).returncode:
            skipped(suite, f"`{' '.join(proof)}` fails: no namespaces can be made here, or there is no such program")
            return
        script = [sys.executable, "-B", os.path.abspath(sys.argv[0]), work]
        sys.exit(subprocess.run(command + through(work) + script, check=False).returncode)


def read(*path):
    name = os.path.join(ROOT, *path)
    if not os.path.exists(name):
        return ""
    with open(name, encoding="utf-8", errors="replace") as file:
        return file.read()


def sources(*patterns):
    """{path below the root: text} of the C files that match."""
    found = {}
    for pattern in patterns:
        for path in sorted(glob.glob(os.path.join(ROOT, pattern))):
            found[os.path.relpath(path, ROOT)] = without_comments(read(path))
    return found


def without_comments(text):
    return re.sub(r'("(?:\\.|[^"\\])*")|/\*.*?\*/|//[^\n]*', lambda m: m.group(1) or " ", text,
                  flags=re.S)


def table(path, macro):
    """First arguments... of the rows of an X-macro file, as lists of words."""
    rows = []
    for row in re.findall(rf"^{macro}\(([^\"]*?),?\s*\"", without_comments(read(path)), re.M):
        rows.append([word.strip() for word in row.split(",") if word.strip()])
    return rows


def hooks():
    return [row[0] for row in table("shim/hook/hooks.def", "HOOK")]


def facts():
    return [row[1] for row in table("include/whyrefused/evidence.def", "FIELD")]


def cause_ids():
    found = []
    for text in sources("shim/diagnose/*.c").values():
        found += re.findall(r'\.id\s*=\s*"([^"]+)"', text)
    return found


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True,
                          env=dict(os.environ, LC_ALL="C")).stdout
