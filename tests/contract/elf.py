# SPDX-License-Identifier: MIT
"""The form of the shared object: what it needs, exports, imports, and how it is loaded."""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from contract import BUILD, LIBRARY, check, finish, hooks, output  # noqa: E402

# All that the shim may take from libc. Nothing here allocates, locks, formats or exits.
IMPORTS = {
    # pure
    "memchr", "memcmp", "memcpy", "memmem", "memmove", "memrchr", "memset", "stpcpy", "strchr",
    "strcmp", "strcpy", "strcspn", "strlen", "strncmp", "strnlen", "strpbrk", "strrchr", "strspn", "strstr",
    # starts the helper, without copying the host's memory
    "clone",
    # the vDSO's clock; the auxiliary vector; the loader's list; this thread's errno
    "clock_gettime", "getauxval", "dl_iterate_phdr", "__errno_location", "__h_errno_location",
    # the environment as it is, the name of the program
    "environ", "__environ", "program_invocation_name", "program_invocation_short_name",
    # law 5: no cancellation in the middle of a report
    "pthread_setcancelstate",
    # from the start files and the linker
    "__gmon_start__", "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable", "__cxa_finalize",
}
# What diagnose/ and render/ may take: they are pure.
PURE = re.compile(r"(mem|str|stpcpy)[a-z]*|_GLOBAL_OFFSET_TABLE_")
NEWEST_GLIBC = (2, 28)
TLS_MAX = 256


def undefined_of_objects():
    defined, wanted = set(), {}
    # What the library is made of: objects of removed sources may still lie about.
    for path in glob.glob(os.path.join(BUILD, "shim-obj", "shim", "**", "*.o"), recursive=True):
        relative = os.path.relpath(path, os.path.join(BUILD, "shim-obj", "shim"))
        folder = relative.split(os.sep)[0]
        for line in output("nm", path).splitlines():
            kind, name = line.split()[-2:]
            if kind == "U":
                if folder in ("diagnose", "render"):
                    wanted.setdefault(name, relative)
            elif kind.isupper() and folder in ("diagnose", "render", "base"):
                defined.add(name)
    return {name: where for name, where in wanted.items()
            if name not in defined and not PURE.fullmatch(name)}


def main():
    dynamic = output("readelf", "-dW", LIBRARY)
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    check("elf: needs libc alone", "" if needed == ["libc.so.6"] else f"NEEDED {needed}")
    for tag in ("TEXTREL", "RPATH", "RUNPATH", "FINI_ARRAY", "SYMBOLIC"):
        check(f"elf: no {tag}", "" if f"({tag})" not in dynamic else "is there")
    flags = " ".join(re.findall(r"\(FLAGS(?:_1)?\)(.*)", dynamic))
    for flag in ("NOW", "NODELETE"):
        check(f"elf: flag {flag}", "" if flag in flags else f"not in {flags}")

    segments = output("readelf", "-lW", LIBRARY)
    check("elf: RELRO", "" if "GNU_RELRO" in segments else "there is no such segment")
    stack = re.search(r"GNU_STACK.*", segments)
    check("elf: stack not executable", "" if stack and "RWE" not in stack.group() else "it is")
    tls = re.search(r"^\s*TLS\s+\S+\s+\S+\s+\S+\s+\S+\s+(0x[0-9a-f]+)", segments, re.M)
    size = int(tls.group(1), 16) if tls else 0
    check("elf: static TLS", "" if size <= TLS_MAX else f"{size} bytes, more than {TLS_MAX}")
    check("elf: build id", "" if "Build ID" in output("readelf", "-nW", LIBRARY) else "none")

    exported = {line.split()[-1].split("@")[0]
                for line in output("nm", "-D", "--defined-only", LIBRARY).splitlines()}
    wanted = set(hooks())
    check("elf: exports what hooks.def lists",
          "" if exported == wanted else f"too many: {sorted(exported - wanted)}, "
          f"missing: {sorted(wanted - exported)}")

    imports = [line.split()[-1] for line in output("nm", "-D", "--undefined-only", LIBRARY).splitlines()]
    names = {name.split("@")[0] for name in imports}
    check("elf: imports", "" if names <= IMPORTS else f"not allowed: {sorted(names - IMPORTS)}")
    newest = max((tuple(int(n) for n in version.split("."))
                  for version in re.findall(r"@+GLIBC_([0-9.]+)", " ".join(imports))), default=(0,))
    check("elf: old symbol versions",
          "" if newest <= NEWEST_GLIBC else f"GLIBC_{'.'.join(map(str, newest))}")

    impure = undefined_of_objects()
    check("elf: diagnose/ and render/ are pure", "" if not impure else ", ".join(
        f"{name} ({where})" for name, where in sorted(impure.items())))
    finish()


main()
