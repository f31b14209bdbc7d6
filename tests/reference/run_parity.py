#!/usr/bin/env python3
"""One parity test from end to end: makes a case, runs the C++ side on it twice, compares.

    run_parity.py DUMP --preset NAME --size HxW --seed N --folder DIR [--device cuda]
"""

import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from mcjepa_reference import gpu  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump")
    parser.add_argument("--preset", required=True)
    parser.add_argument("--size", required=True)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--folder", required=True)
    gpu.add_device(parser)
    options = parser.parse_args()
    gpu.require(options.device)
    shutil.rmtree(options.folder, ignore_errors=True)
    subprocess.run([sys.executable, os.path.join(HERE, "make_case.py"), "--preset", options.preset,
                    "--size", options.size, "--seed", options.seed, "-o", options.folder],
                   check=True)
    failures = 0
    for precision in ("fp64", "fp32"):
        out = os.path.join(options.folder, f"out.{precision}.safetensors")
        subprocess.run([options.dump, os.path.join(options.folder, "model.safetensors"),
                        os.path.join(options.folder, "case.safetensors"), out, precision,
                        options.device],
                       check=True, env=gpu.environment())
        failures += subprocess.run([sys.executable, os.path.join(HERE, "compare.py"),
                                    options.folder, "--against", out, "--precision",
                                    precision]).returncode != 0
    # 250 MB a case for the paper's network: kept only where there is something to look at.
    if not failures:
        shutil.rmtree(options.folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
