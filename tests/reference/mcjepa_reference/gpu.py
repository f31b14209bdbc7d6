"""The C++ side of a parity test on a GPU; the twin stays on the CPU."""

import os
import sys

import torch

SKIPPED = 77


def add_device(parser):
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"],
                        help="where the C++ side runs; default: cpu")


def require(device):
    """Ends the test as skipped where there is no such device."""
    if device == "cuda" and not torch.cuda.is_available():
        print("skipped: there is no CUDA device here")
        sys.exit(SKIPPED)


def environment():
    """Of the C++ side: on a GPU convolutions would round to ten bits in single precision."""
    return {**os.environ, "NVIDIA_TF32_OVERRIDE": "0"}
