#!/usr/bin/env python3
"""The twin in the C++ dump program's place: same arguments, same output.

    run_twin.py MODEL CASE OUT fp64|fp32
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcjepa_reference import parity  # noqa: E402

if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    parity.write_outputs(*sys.argv[1:])
