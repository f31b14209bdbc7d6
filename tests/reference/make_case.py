#!/usr/bin/env python3
"""Writes a parity case: DIR/model.safetensors and DIR/case.safetensors (see parity.py).

    make_case.py --preset small --size 75x101 -o DIR [--seed 1]

--preset also takes a .json configuration, or a .safetensors file whose configuration is used. With
random weights, seeds are tried from --seed on until the case is fit for comparing fp32 gradients.
--weights FILE keeps that checkpoint's own weights instead.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcjepa_reference import model as twin  # noqa: E402
from mcjepa_reference import parity, presets, safetensors_io  # noqa: E402

CLEARANCE = 2.0  # standard errors
TRIES = 12


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--weights")
    parser.add_argument("--size", default="64x96", help="HEIGHTxWIDTH")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    height, width = (int(side) for side in options.size.split("x"))
    config = presets.load_config(options.weights or options.preset)

    best = (-1.0, None, None, None)
    for seed in range(options.seed, options.seed + TRIES):
        model, case = parity.make_case(config, height, width, 100 * seed)
        if options.weights:
            model = twin.load(options.weights)
        clearance = parity.clearance(model, case)
        if clearance > best[0]:
            best = (clearance, seed, model, case)
        if clearance >= CLEARANCE:
            break
    clearance, seed, model, case = best
    os.makedirs(options.output, exist_ok=True)
    model.to(dtype=parity.PRECISIONS["fp32"])
    model.save(os.path.join(options.output, "model.safetensors"))
    safetensors_io.save(os.path.join(options.output, "case.safetensors"), case)
    print(f"seed {seed}: {clearance:.2f} standard errors from the nearest corner")


if __name__ == "__main__":
    main()
