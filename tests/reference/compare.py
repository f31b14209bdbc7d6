#!/usr/bin/env python3
"""Runs the twin on a case and holds another program's outputs against it.

    compare.py DIR --against FILE --precision fp64|fp32 [--expected FILE]

DIR has model.safetensors and case.safetensors. Without --against it only writes --expected.
Exit code 0: within the bounds of parity.py; 1: not, with one line a tensor.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcjepa_reference import model as twin  # noqa: E402
from mcjepa_reference import parity, safetensors_io  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case")
    parser.add_argument("--against")
    parser.add_argument("--precision", choices=list(parity.PRECISIONS), required=True)
    parser.add_argument("--expected")
    options = parser.parse_args()
    # fp32 results are held against the twin in fp64: the truth, and the same on every machine.
    model = twin.load(os.path.join(options.case, "model.safetensors"),
                      parity.PRECISIONS["fp64"])
    case, _ = safetensors_io.load(os.path.join(options.case, "case.safetensors"))
    expected = parity.run(model, case, parity.PRECISIONS["fp64"])
    if options.expected:
        safetensors_io.save(options.expected, expected)
    if not options.against:
        return 0
    actual, _ = safetensors_io.load(options.against)
    problems, worst = parity.compare(expected, actual, options.precision)
    for problem in problems:
        print(problem)
    shares = ", ".join(f"{kind} {share:.3f}" for kind, share in worst.items())
    print(f"{options.precision}: {len(expected)} tensors; largest share of the bound: {shares}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
