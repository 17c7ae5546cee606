# SPDX-License-Identifier: MIT
"""No row without its other half: causes have tests, facts have a source and a use, settings are
documented, hooks have a transparency case."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from contract import ROOT, cause_ids, check, facts, finish, hooks, read, sources, table  # noqa: E402

# Said in the JSON form alone, for those who count: by which call it came, and how it ended.
FOR_COLLECTORS = {"outcome", "door"}
TOP_LEVEL = {"Makefile", "shim", "include", "conf", "tests", "demo", "README.md", "LICENSE", "build"}


def causes():
    ids = cause_ids()
    scenarios = [os.path.basename(os.path.dirname(path))
                 for path in glob.glob(os.path.join(ROOT, "tests", "scenario", "*", "scenario"))]
    has_scenario = {max((i for i in ids if name == i or name.startswith(i + "-")), key=len, default="")
                    for name in scenarios}
    for cause in ids:
        golden = glob.glob(os.path.join(ROOT, "tests", "diagnose", cause, "*.facts"))
        check(f"cause {cause}: has a test", "" if golden or cause in has_scenario else
              f"neither tests/scenario/{cause}* nor tests/diagnose/{cause}/*.facts")
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "diagnose", "*", ""))):
        name = os.path.basename(os.path.dirname(path))
        check(f"golden directory {name}", "" if name in ids else "is not named after a cause")


def evidence():
    probes = "\n".join(sources("shim/probe/*.c", "shim/tls/*.c").values())
    # What is only asked for is not set.
    probes = re.sub(r"wr_ev_\w+\(\s*[^,()]+(?:\([^()]*\))?,\s*WR_FACT_\w+", " ", probes)
    set_by_probe = set(re.findall(r"WR_FACT_(\w+)", probes))
    # A prefix with ##: WR_FACT_##name in a macro or a table made from a .def file.
    diagnose = sources("shim/diagnose/*.c", "shim/diagnose/*.h")
    used = set()
    for text in diagnose.values():
        used |= set(re.findall(r"WR_FACT_(\w+)", text))
        for string in re.findall(r'"((?:\\.|[^"\\])*)"', text):
            used |= set(re.findall(r"\{[?!]?([a-z0-9_]+)[.}=]", string))
    for text in sources("shim/render/*.c").values():
        used |= set(re.findall(r"WR_FACT_(\w+)", text))
    for fact in facts():
        check(f"fact {fact}: is set by a probe", "" if fact in set_by_probe else
              "no file of shim/probe/ sets it")
        check(f"fact {fact}: is used", "" if fact in used | FOR_COLLECTORS else
              "no row cites it and no sentence shows it")


def settings():
    conf = read("conf/whyrefused.conf")
    manual = "\n".join(read(path) for path in glob.glob(os.path.join(ROOT, "conf", "**", "*.[1578]"),
                                                        recursive=True))
    manual = manual.replace("\\-", "-").replace("\\_", "_")
    readme = read("README.md")
    for row in table("shim/config/settings.def", "SETTING"):
        key, variable = row[0], row[1]
        # Read from the environment alone: it cannot stand in the file that it names.
        in_file = key == "config" or re.search(rf"^[#/ \t]*{key}\s*[=:]", conf, re.M)
        check(f"setting {key}: conf/whyrefused.conf", "" if in_file else "is not there")
        check(f"setting {key}: man page",
              "" if re.search(rf"\b{variable}\b", manual) and re.search(rf"\b{key}\b", manual) else
              f"{key} or {variable} is not in conf/*.[1578]")
        check(f"setting {key}: README", "" if re.search(rf"\b{variable}\b", readme) else
              f"{variable} is not there")


def tables():
    cases = set()
    for text in sources("tests/contract/transparency/*.c").values():
        cases |= set(re.findall(r'^\s*\{"(\w+)",', text, re.M))
    for hook in hooks():
        check(f"hook {hook}: has a transparency case", "" if hook in cases else
              "no row of tests/contract/transparency/*.c begins with its name")
    ours = set(re.findall(r"^OURS\((\w+)\)", read("shim/base/our_calls.def"), re.M))
    made = {name for name, where in (("clone", "shim/frames/worker.c"), ("clock_gettime", "shim/base/clock.h"))
            if f"{name}(" in read(where)}
    for path in glob.glob(os.path.join(ROOT, "shim", "**", "*.[ch]"), recursive=True):
        if "/helper/" not in path:
            made |= set(re.findall(r"\bWR_SYS\(([a-z0-9_]+)", read(path))) - {"name"}
    check("system calls: those made are those of our_calls.def",
          "" if made == ours else f"only made: {sorted(made - ours)}, only listed: {sorted(ours - made)}")
    probes = "\n".join(sources("shim/probe/*.c").values())
    for row in table("shim/probe/probes.def", "PROBE"):
        check(f"probe {row[0]}: is defined", "" if f"void wr_probe_{row[0]}(" in probes else
              "no file of shim/probe/ does")


def readme():
    table = subprocess.run([os.path.join(ROOT, os.environ.get("BUILD", "build"), "whyrefused"), "explain",
                            "--markdown"], stdout=subprocess.PIPE, check=True).stdout.decode()
    check("README: its catalogue is that of `whyrefused explain --markdown`",
          "" if f"-->\n{table}<!-- end of catalogue -->" in read("README.md") else "it is another")


def tree():
    names = {name for name in os.listdir(ROOT) if not name.startswith(".")}
    check("tree: top level", "" if names <= TOP_LEVEL else f"not expected: {sorted(names - TOP_LEVEL)}")
    bare = []
    for folder in ("include", "shim", "tests", "demo"):
        for where, _, files in os.walk(os.path.join(ROOT, folder)):
            for name in files:
                path = os.path.join(where, name)
                if name.endswith((".c", ".h", ".def", ".py", ".bash")) and \
                        "SPDX-License-Identifier: MIT" not in read(path)[:200]:
                    bare.append(os.path.relpath(path, ROOT))
    check("tree: every source names its licence", ", ".join(sorted(bare)))


causes()
evidence()
settings()
tables()
tree()
readme()
finish()
