# SPDX-License-Identifier: MIT
"""dlopen(): the caller's RUNPATH, $ORIGIN and error texts are as without the library, and a library
that is opened with RTLD_DEEPBIND is seen unless the setting says otherwise."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from contract import LIBRARY, ROOT, check, finish, reported  # noqa: E402

SOURCES = os.path.join(ROOT, "tests", "contract", "load")
COMPILER = os.environ.get("CC", "cc").split()


def build(work):
    """work/main opens work/elsewhere/libouter.so, which finds work/elsewhere/sub/libinner.so."""
    os.makedirs(os.path.join(work, "elsewhere", "sub"))
    shared = COMPILER + ["-O1", "-shared", "-fPIC", "-D_GNU_SOURCE"]
    for command in (
            shared + ["-o", "elsewhere/sub/libinner.so", os.path.join(SOURCES, "inner.c")],
            shared + ["-fno-optimize-sibling-calls", "-Wl,-rpath,$ORIGIN/sub,--enable-new-dtags",
                      "-o", "elsewhere/libouter.so", os.path.join(SOURCES, "outer.c"), "-ldl"],
            COMPILER + ["-O1", "-rdynamic", "-D_GNU_SOURCE", "-o", "main",
                        os.path.join(SOURCES, "main.c"), "-ldl"]):
        subprocess.run(command, cwd=work, check=True)


def run(work, environment):
    return reported([os.path.join(work, "main"), os.path.join(work, "elsewhere", "libouter.so")], work, environment, "/")


def compare(name, wanted, got):
    differences = [f"{a!r} became {b!r}" for a, b in zip(wanted, got) if a != b]
    if len(wanted) != len(got):
        differences.append(f"{len(wanted)} lines became {len(got)}")
    check(f"load: {name}", "; ".join(differences[:3]))


def main():
    work = tempfile.mkdtemp(prefix="whyrefused-load.")
    try:
        build(work)
        plain, _ = run(work, {})
        text = "\n".join(plain)
        check("load: the test opens what it means to", "" if "inner from outer, deep: opened" in text and
              "calls the library's function" in text and "status 0" in text else text)
        kept, reports = run(work, {"LD_PRELOAD": LIBRARY, "WHYREFUSED_DEEPBIND": "keep"})
        compare("kept: all is as without", plain, kept)
        check("load: kept: one failure is not seen", "" if reports == 1 else f"{reports} reports")
        off, reports = run(work, {"LD_PRELOAD": LIBRARY, "WHYREFUSED": "0"})
        compare("off: all is as without", plain, off)
        dropped, reports = run(work, {"LD_PRELOAD": LIBRARY})
        program_first = [line.replace("calls the library's", "calls the program's") for line in plain]
        compare("dropped: only whose function is called differs", program_first, dropped)
        check("load: dropped: the failure is seen", "" if reports >= 1 else "no report")
        config = os.path.join(work, "whyrefused.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write('deepbind = "keep";\n')
        os.chmod(config, 0o600)
        by_file, _ = run(work, {"LD_PRELOAD": LIBRARY, "WHYREFUSED_CONFIG": config})
        compare("kept by the configuration file", plain, by_file)
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
finish()
