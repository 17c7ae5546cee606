# SPDX-License-Identifier: MIT
"""Notes about programs that cannot be entered: which, how often, where, and in what form."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import schema  # noqa: E402
from contract import LIBRARY, check, finish, read, skipped  # noqa: E402

COMPILER = os.environ.get("CC", "cc").split()
MAIN = "int main(void) { return 0; }\n"
GO_NOTE = ('__asm__(".section .note.go.buildid,\\"a\\",@note\\n.balign 4\\n.long 4, 8, 4\\n'
           '.asciz \\"Go\\\\0\\"\\n.ascii \\"abcdefgh\\"\\n.previous\\n");\n' + MAIN)
SPAWN = "import os, sys\nfor p in sys.argv[1:]:\n    os.waitpid(os.posix_spawn(p, [p], os.environ), 0)\n"
# A child for each, as shells do it; the exec may fail.
FORK = ("import os, sys\nfor p in sys.argv[1:]:\n    if os.fork() == 0:\n        try:\n"
        "            os.execv(p, [p])\n        except OSError:\n            os._exit(0)\n    os.wait()\n")
VFORK = "import subprocess, sys\nfor p in sys.argv[1:]:\n    subprocess.run([p])\n"


class Bench:
    def __init__(self):
        self.work = tempfile.mkdtemp(prefix="whyrefused-exec.")
        os.chmod(self.work, 0o777)
        known = json.loads(read("conf", "report.schema.json"))
        self.valid = schema.compile(known)

    def path(self, name):
        return os.path.join(self.work, name)

    def program(self, name, *flags, source=MAIN, compiler=None):
        """The path of a program; None where it cannot be made here."""
        compiler = compiler or COMPILER
        if shutil.which(compiler[0]) is None:
            return None
        done = subprocess.run(compiler + ["-O1", "-x", "c", "-", "-o", self.path(name), *flags],
                              input=source.encode(), stderr=subprocess.DEVNULL, check=False)
        return self.path(name) if done.returncode == 0 else None

    def script(self, name, interpreter):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(f"#!{interpreter} x\n")
        os.chmod(self.path(name), 0o755)
        return self.path(name)

    def notes(self, code, *paths, prefix=(), **settings):
        """What is logged while a python program runs."""
        log = self.path("log")
        env = {"PATH": os.environ["PATH"], "WHYREFUSED_LOG": log, "WHYREFUSED_FORMAT": "json",
               "WHYREFUSED_CONFIG": "none", "LD_PRELOAD": LIBRARY}
        env.update(settings)
        self.done = subprocess.run([*prefix, sys.executable, "-S", "-E", "-c", code, *paths],
                                   env={k: v for k, v in env.items() if v is not None}, cwd=self.work,
                                   stdin=subprocess.DEVNULL, capture_output=True, timeout=600, check=False)
        if self.done.returncode != 0:
            check("exec: the program ends well", f"{self.done.returncode} {self.done.stderr}")
        if not os.path.exists(log):
            return []
        with open(log, "rb") as file:
            lines = file.read().decode().splitlines()
        os.unlink(log)
        return lines

    def codes(self, *args, **settings):
        found = []
        for line in self.notes(*args, **settings):
            note = json.loads(line)
            complaints = self.valid(note)
            check(f"exec: a note of {note.get('event.code')} is valid", "; ".join(complaints[:3]))
            found.append(note["event.code"])
        return found


def expect(name, wanted, got):
    check(f"exec: {name}", "" if wanted == got else f"{wanted} expected, got {got}")


def kinds(bench):
    made = {
        "program-static": [bench.program("static", "-static"), bench.program("static-pie", "-static-pie")],
        "program-go": [bench.program("go", source=GO_NOTE)],
        "": [bench.program("plain"), bench.program("musl", compiler=["musl-gcc"]), bench.script("plain-script", "/bin/sh"), "/bin/true"],
    }
    other = bench.program("other", "-m32")
    if other is not None: # few compilers can; tests/unit/base/test_program.c knows its head in any case
        made["program-other-machine"] = [other]
    for code, paths in made.items():
        for path in paths:
            if path is None:
                skipped(f"exec: {code or 'musl'}", "the compiler cannot make one, or there is none")
                continue
            for way, text in (("posix_spawn", SPAWN), ("execv", FORK)):
                expect(f"{os.path.basename(path)} by {way}", [code] if code else [],
                       bench.codes(text, path))
    return made["program-static"][0]


def privileged(bench):
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        skipped("exec: privileges", "root and setpriv are needed")
        return
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    for name, mode, owner, group in (("set-user", 0o4755, 0, 0), ("set-group", 0o2755, 65534, 0)):
        shutil.copy("/bin/true", bench.path(name))
        os.chown(bench.path(name), owner, group)
        os.chmod(bench.path(name), mode)
        expect(f"{name}-ID, as nobody", ["program-privileged"],
               bench.codes(SPAWN, bench.path(name), prefix=nobody))
        expect(f"{name}-ID, of root as root", [], bench.codes(SPAWN, bench.path(name)))
        expect(f"{name}-ID, without new privileges", [],
               bench.codes(SPAWN, bench.path(name), prefix=nobody + ("--no-new-privs",)))


def manners(bench, static):
    expect("once for each program", ["program-static"], bench.codes(SPAWN, static, static, static))
    expect("a child tells no more", ["program-static"],
           bench.codes(SPAWN + FORK.split("\n", 1)[1], static))
    expect("silent in a vfork child", [], bench.codes(VFORK, static))
    expect("found in PATH", ["program-static"], bench.codes(
        "import os, sys\nos.execvp('static', ['static'])",
        PATH=f"/nonexistent::{bench.work}:/bin") or bench.codes(
            "import os, sys\nos.posix_spawnp('static', ['static'], os.environ)",
            PATH=f"/nonexistent:{bench.work}:/bin"))
    lines = bench.notes(SPAWN, bench.script("script", static), WHYREFUSED_FORMAT="text")
    expect("a script, as text", [
        f"whyrefused: note: {bench.path('script')} is run by {static}, which is statically linked, so no "
        "library can be preloaded into it: its failures are not explained"], lines)
    lines = bench.notes(SPAWN, static, WHYREFUSED_FORMAT="text", WHYREFUSED_REDACT="paths")
    check("exec: paths are left out where they are to be", "" if len(lines) == 1 and
          bench.work not in lines[0] and "note: …/static is" in lines[0] else str(lines))
    for setting in ("stderr", None):
        bench.notes(SPAWN, static, WHYREFUSED_LOG=setting)
        expect(f"nothing where the log is {setting}", b"", bench.done.stderr)
    bench.notes(SPAWN, static, WHYREFUSED_LOG=None, WHYREFUSED_CONFIG=None, HOME=bench.work)
    expect("nothing by default", b"", bench.done.stderr)
    expect("nothing when off", [], bench.notes(SPAWN, static, WHYREFUSED="0"))
    expect("nothing in a program that is skipped", [], bench.notes(SPAWN, static, WHYREFUSED_SKIP="python*"))
    os.mkdir(bench.path("private"), 0o700) # a file that others could put there is not read
    config = bench.path("private/whyrefused.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'log = "{bench.path("log")}";\n')
    os.chmod(config, 0o600)
    expect("a log of the configuration file", ["program-static"],
           bench.codes(SPAWN, static, WHYREFUSED_LOG=None, WHYREFUSED_CONFIG=config))
    many = [bench.script(f"script{i}", static) for i in range(80)]
    expect("bounded", 64, len(bench.notes(SPAWN, *many)))


def environment(bench):
    """What a child is given is what the program was given."""
    code = "import os\nos.waitpid(os.posix_spawn('/usr/bin/env', ['env', '-0'], os.environ), 0)"
    bench.notes(code)
    given = bench.done.stdout.decode().split("\0")
    bench.notes("import os\nos.execve('/usr/bin/env', ['env', '-0'], os.environ)")
    check("exec: LD_PRELOAD and our variables are passed on", "" if f"LD_PRELOAD={LIBRARY}" in given and
          f"WHYREFUSED_LOG={bench.path('log')}" in given and
          given == bench.done.stdout.decode().split("\0") else str(given))


def main():
    bench = Bench()
    try:
        static = kinds(bench)
        privileged(bench)
        environment(bench)
        if static:
            manners(bench, static)
    finally:
        shutil.rmtree(bench.work, ignore_errors=True)


main()
finish()
