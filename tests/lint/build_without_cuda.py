#!/usr/bin/env python3
"""Configures the project with nvcc out of sight and builds its lower floors.

    build_without_cuda.py SOURCE SCRATCH TARGET...

Fails unless CMake says that CUDA is left out and the targets build.
"""

import os
import shutil
import subprocess
import sys


def path_without_nvcc(scratch):
    """PATH in which no folder has nvcc; one that also has other programs is shadowed by links."""
    folders = []
    for number, folder in enumerate(os.environ.get("PATH", "").split(os.pathsep)):
        if not os.path.exists(os.path.join(folder, "nvcc")):
            folders.append(folder)
            continue
        shadow = os.path.join(scratch, f"path{number}")
        os.makedirs(shadow)
        for name in os.listdir(folder):
            if not name.startswith("nvcc"):
                os.symlink(os.path.join(folder, name), os.path.join(shadow, name))
        folders.append(shadow)
    return os.pathsep.join(folders)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    source, scratch, targets = sys.argv[1], sys.argv[2], sys.argv[3:]
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("CUDA", "NVCC"))}
    environment["PATH"] = path_without_nvcc(scratch)
    # The same objects as the main build's, as far as ccache can tell.
    environment["CCACHE_SLOPPINESS"] = \
        "pch_defines,time_macros,include_file_mtime,include_file_ctime"
    environment["CCACHE_NOHASHDIR"] = "1"
    if shutil.which("nvcc", path=environment["PATH"]):
        sys.exit("nvcc could not be hidden")
    build = os.path.join(scratch, "build")
    configured = subprocess.run(
        ["cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
         "-DMCJ_WITH_CUDA=AUTO", "-DMCJ_BUILD_TESTS=OFF"],
        env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(configured.stdout)
    if configured.returncode:
        sys.exit("configuring failed")
    if "CUDA kernels: OFF" not in configured.stdout:
        sys.exit("CMake did not say that the CUDA kernels are left out")
    built = subprocess.run(["cmake", "--build", build, "-j", str(min(2, os.cpu_count() or 1)),
                            "--target", *targets], env=environment)
    if built.returncode == 0:
        shutil.rmtree(scratch)
    return built.returncode


if __name__ == "__main__":
    sys.exit(main())
