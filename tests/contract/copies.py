# SPDX-License-Identifier: MIT
"""Several copies of a TLS library in one process: each session is seen by its own copy alone, also where the loader's search
order binds a plugin to another copy than the one that it was linked with."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from contract import LIBRARY, ROOT, check, finish, reported  # noqa: E402

SOURCES = os.path.join(ROOT, "tests", "contract", "copies")
COMPILER = os.environ.get("CC", "cc").split()


def build(work):
    shared = COMPILER + ["-O1", "-shared", "-fPIC", "-Wl,-rpath," + work]
    for number in ("1", "2"):
        subprocess.run(shared + ["-DCOPY=" + number, f"-Wl,-soname,libcopy{number}.so", "-o", f"libcopy{number}.so",
                                 os.path.join(SOURCES, "library.c")], cwd=work, check=True)
        subprocess.run(shared + ["-DSHAKE=shake" + number, "-o", f"libplugin{number}.so", os.path.join(SOURCES, "plugin.c"),
                                 "-L.", f"-lcopy{number}"], cwd=work, check=True)
    with open(os.path.join(work, "both.c"), "w", encoding="utf-8") as file:
        file.write("int shake1(void), shake2(void), both(void); int both(void) { return shake1() + shake2(); }\n")
    subprocess.run(shared + ["-o", "libboth.so", "both.c", "-L.", "-lplugin1", "-lplugin2"], cwd=work, check=True)
    subprocess.run(COMPILER + ["-O1", "-o", "main", os.path.join(SOURCES, "main.c"), "-ldl"], cwd=work, check=True)


def run(work, arguments, environment):
    return reported([os.path.join(work, "main"), *arguments], work, environment, work)


def main():
    work = tempfile.mkdtemp(prefix="whyrefused-copies.")

    def at(name):
        return os.path.join(work, name)

    try:
        build(work)
        for name, arguments, wanted in (
                ("one", [at("libplugin1.so"), "shake1"], 1),
                ("each behind its own plugin", [at("libplugin1.so"), "shake1", at("libplugin2.so"), "shake2"], 1),
                ("a plugin bound to the other's", [at("libboth.so"), "both"], 1),
                ("the same plugin, opened by another before", [at("libplugin2.so"), "shake2", at("libboth.so"), "both"], 1)):
            plain, _ = run(work, arguments, {})
            seen, reports = run(work, arguments, {"LD_PRELOAD": LIBRARY})
            text = "\n".join(plain)
            check(f"copies: {name}: the test does what it means to",
                  "" if "shakes hands" in text and "has a session" not in text and "status 0" in text else text)
            check(f"copies: {name}: the same copies are called", "" if plain == seen else f"{plain} became {seen}")
            check(f"copies: {name}: it is told", "" if reports >= wanted else f"{reports} reports")
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
finish()
