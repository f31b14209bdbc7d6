#!/usr/bin/env python3
"""Checks that a program depends on LibTorch and the C++ runtime and nothing else.

    check_needed.py PROGRAM

Exit code 77 where there is no readelf.
"""

import re
import shutil
import subprocess
import sys

# libgomp is the OpenMP runtime that LibTorch brings; sanitizers' runtimes belong to test builds.
ALLOWED = re.compile(r"lib(torch|torch_cpu|c10|gomp|stdc\+\+|m|gcc_s|c|pthread|dl|rt|asan|ubsan)"
                     r"\.so|ld-linux")


def main():
    if shutil.which("readelf") is None:
        print("skipped: there is no readelf (Debian: binutils)")
        return 77
    listing = subprocess.run(["readelf", "-d", sys.argv[1]], capture_output=True, text=True,
                             check=True).stdout
    needed = re.findall(r"\(NEEDED\).*\[(.+?)\]", listing)
    foreign = [name for name in needed if not ALLOWED.match(name)]
    print("needs " + ", ".join(needed))
    if not needed or foreign:
        print("FAILED: " + (", ".join(foreign) or "nothing at all") + " is not LibTorch's")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
