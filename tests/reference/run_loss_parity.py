#!/usr/bin/env python3
"""The losses and one optimiser step from end to end: makes a case, runs the C++ side on it in both
precisions, compares (mcjepa_reference/loss_parity.py has the cases and the bounds).

    run_loss_parity.py DUMP --preset NAME --seed N --folder DIR [--size 64] [--device cuda]

Seeds are tried from --seed on until a case keeps clear of corners. With "twin" for DUMP the twin's
single precision stands in for the C++ side.
"""

import argparse
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcjepa_reference import gpu, loss_parity, parity, presets, safetensors_io  # noqa: E402

CLEARANCE = 2.0  # standard errors
TRIES = 12


def clear_case(config, size, first):
    for seed in range(first, first + TRIES):
        model, case = loss_parity.make_case(config, size, 1000 * seed)
        clearance, where = loss_parity.clearance(model, case)
        print(f"seed {seed}: {clearance:.2f} standard errors from the nearest corner ({where})")
        if clearance >= CLEARANCE:
            return model, case
    sys.exit(f"no case in {TRIES} keeps clear of corners; give another --seed")


def outputs_of(dump, folder, precision, device, model, case):
    if dump == "twin":
        return loss_parity.run(model, case, parity.PRECISIONS[precision])
    out = os.path.join(folder, f"out.{precision}.safetensors")
    subprocess.run([dump, os.path.join(folder, "model.safetensors"),
                    os.path.join(folder, "case.safetensors"), out, precision, device],
                   check=True, env=gpu.environment())
    return safetensors_io.load(out)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump")
    parser.add_argument("--preset", required=True)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", required=True)
    gpu.add_device(parser)
    options = parser.parse_args()
    gpu.require(options.device)
    shutil.rmtree(options.folder, ignore_errors=True)
    os.makedirs(options.folder)
    model, case = clear_case(presets.load_config(options.preset), options.size, options.seed)
    model.to(parity.PRECISIONS["fp32"]).save(os.path.join(options.folder, "model.safetensors"))
    safetensors_io.save(os.path.join(options.folder, "case.safetensors"), case)

    # Single precision is held against the twin in double: the truth, and the same on every machine.
    expected = loss_parity.run(model, case)
    failures = 0
    for precision in ("fp64", "fp32"):
        actual = outputs_of(options.dump, options.folder, precision, options.device, model,
                            case)
        if options.dump == "twin" and precision == "fp32":
            actual = {name: tensor for name, tensor in actual.items()
                      if not name.startswith("weight:fresh")}
        problems, worst = loss_parity.compare(expected, actual, precision)
        print("\n".join(problems))
        shares = ", ".join(f"{kind} {share:.3f}" for kind, share in sorted(worst.items()))
        print(f"{precision}: {len(actual)} tensors; largest share of the bound: {shares}")
        failures += bool(problems)
    if not failures:
        shutil.rmtree(options.folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
