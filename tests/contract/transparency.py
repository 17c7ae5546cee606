# SPDX-License-Identifier: MIT
"""Runs the programs of tests/contract/transparency/ without and with the library, in a network
namespace of their own, and compares what they saw, case by case."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import schema  # noqa: E402
from contract import BUILD, LIBRARY, check, finish, read, skipped  # noqa: E402

# every *.c beside observe.h is one
PROGRAMS = sorted(os.path.basename(name)[:-2] for name in os.listdir(os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "transparency")) if name.endswith(".c"))
# How many failures are told of what is done in a case, and what the summary then counts: each
# failure once, however many threads have it.
REPORTS = {
    "threads": {"64 at one target": (1, 64), "64 at separate targets": (64, 0)},
    "place": {"none": (1, 0), "read-only": (1, 0), "hidepid": (1, 0), "directory removed": (1, 0),
              "umask": (1, 0), "stderr closed": (1, 0), "small stack": (1, 0),
              "little memory": (1, 0), "long environment": (1, 0), "no arguments": (2, 0)},
}
VARIANTS = {
    "json": {"WHYREFUSED_FORMAT": "json", "WHYREFUSED_LOG": "report.json"},
    "text": {"WHYREFUSED_LOG": "stderr", "WHYREFUSED_COLOR": "always"},
    "off": {"WHYREFUSED": "0", "WHYREFUSED_FORMAT": "json", "WHYREFUSED_LOG": "report.json"},
}


class Log(dict):
    """Lines by case, and how the program ended."""
    def __init__(self, status):
        super().__init__()
        self.status = status


def run(program, work, extra, *arguments):
    """What the program wrote, by case."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "RES_OPTIONS": "timeout:1 attempts:1",
           "WHYREFUSED_CONFIG": "none"}
    env.update(extra)
    words = [f"{key}={value}" for key, value in env.items()]
    namespaces = ["unshare", "--net", "--mount"] + (["-Ur"] if os.geteuid() != 0 else [])
    with open(os.path.join(work, "stderr"), "wb") as errors:
        done = subprocess.run(
            namespaces + ["sh", "-c", 'ip link set lo up && exec env -i "$@"', "sh"] + words +
            [os.path.join(BUILD, "tests", "contract", "transparency", program), *arguments],
            cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            timeout=600, check=False)
    log, case = Log(status=done.returncode), None
    for line in done.stdout.decode(errors="backslashreplace").splitlines():
        if line.startswith("== "):
            case = line[3:]
            log[case] = []
        else:
            log.setdefault(case, []).append(line)
    return log


def difference(plain, with_it):
    if with_it is None:
        return "did not run"
    for before, after in zip(plain, with_it):
        if before != after:
            return f"without: {before.strip()}  with: {after.strip()}"
    if len(plain) != len(with_it):
        rest = max(plain, with_it, key=len)[min(len(plain), len(with_it)):]
        return ("no longer: " if len(plain) > len(with_it) else "also: ") + rest[0].strip()
    return ""


def incomplete(log):
    """What is wrong with a log that nothing can be compared with."""
    if not any(log.values()):
        return "it wrote nothing: was it built?"
    for case, lines in log.items():
        if not lines or not lines[-1].startswith("-> ") or "not finished" in lines[-1]:
            return f"{case} did not end"
    return "" if log.status == 0 else f"status {log.status}"


def reports(work):
    path = os.path.join(work, "report.json")
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        return file.read().decode(errors="backslashreplace").splitlines()


def check_count(program, case, work):
    """What is told of one case: reports at different targets, and repeats in the summary."""
    run(program, work, dict(VARIANTS["json"], WHYREFUSED_LOG=os.path.join(work, "report.json"),
                            LD_PRELOAD=LIBRARY), case)
    events = [json.loads(line) for line in reports(work)]
    told = [event for event in events if event["event.dataset"] == "whyrefused.report"]
    targets = {(event["process.pid"], event.get("server.port")) for event in told}
    summed = sum(event["whyrefused.count"] for event in events
                 if event["event.dataset"] == "whyrefused.summary")
    got = (len(told), summed)
    wanted = REPORTS[program][case]
    check(f"{program}: {case}: reports", f"{len(told)} reports of {len(targets)} targets" if
          len(told) != len(targets) else "" if got == wanted else
          f"{wanted} (reports, summed up) expected, got {got}")
    if events:
        os.unlink(os.path.join(work, "report.json"))


def check_reports(name, lines):
    known = read("conf", "report.schema.json")
    valid = schema.compile(json.loads(known)) if known else None
    complaint = "" if valid else "there is no conf/report.schema.json"
    for line in lines:
        try:
            complaint = complaint or "; ".join(valid(json.loads(line))[:3])
        except ValueError as error:
            complaint = complaint or f"not JSON: {error}: {line[:200]}"
    check(name, complaint)


def main():
    if subprocess.run(["unshare", "--net", "--mount"] + (["-Ur"] if os.geteuid() else []) + ["true"],
                      stderr=subprocess.DEVNULL, check=False).returncode != 0:
        skipped("transparency", "no network namespace can be made here")
        return
    work = tempfile.mkdtemp(prefix="whyrefused-transparency.")
    os.chmod(work, 0o777) # some cases become another user
    try:
        for program in PROGRAMS:
            plain = run(program, work, {})
            complaint = incomplete(plain)
            check(f"{program}: runs", complaint)
            if complaint:
                continue
            for variant, settings in VARIANTS.items():
                if "WHYREFUSED_LOG" in settings and settings["WHYREFUSED_LOG"] != "stderr":
                    settings = dict(settings, WHYREFUSED_LOG=os.path.join(work, "report.json"))
                with_it = run(program, work, dict(settings, LD_PRELOAD=LIBRARY))
                refused = "ld.so: object" in read(work, "stderr")
                check(f"{program}: loaded ({variant})", "the loader refused it" if refused else "")
                for case, lines in plain.items():
                    check(f"{program}: {case} ({variant})", difference(lines, with_it.get(case)))
                lines = reports(work)
                if variant == "json":
                    check(f"{program}: something was reported", "" if lines else "nothing was")
                    check_reports(f"{program}: reports are valid", lines)
                    os.unlink(os.path.join(work, "report.json")) if lines else None
                elif variant == "off":
                    check(f"{program}: nothing reported when off", f"{len(lines)} reports" if lines else "")
            for case in REPORTS.get(program, {}):
                check_count(program, case, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
finish()
