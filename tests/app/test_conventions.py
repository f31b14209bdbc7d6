#!/usr/bin/env python3
"""The snippets of docs/conventions.md load what mcjepa writes.

    test_conventions.py MCJEPA

Exits with 77, which CTest counts as skipped, where NumPy is missing. Snippets that need another
package that is missing are named and left out.
"""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "resources/samples"
MCJEPA = "mcjepa"


def snippets():
    """The Python of each fenced block, in order."""
    text = (ROOT / "docs/conventions.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def missing(snippet):
    """The first package that a snippet imports and this Python lacks, or None."""
    for name in re.findall(r"^(?:import|from) (\w+)", snippet, flags=re.MULTILINE):
        if importlib.util.find_spec(name) is None:
            return name
    return None


class Conventions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        clip = str(SAMPLES / "sample.mp4")
        for line in (["analyze", clip, "-o", "maps", "--range", "0:2", "--method", "dis", "--maps",
                      "flow,warp-error", "--format", "flo,kitti,npy,pfm,exr"],
                     ["curves", clip, "-o", "curves.csv", "--range", "0:4", "--method", "dis"],
                     ["propagate", clip, "--mask", str(SAMPLES / "sample_mask.png"), "-o", "masks",
                      "--range", "0:2", "--method", "identity"]):
            subprocess.run([MCJEPA, *line, "-q"], cwd=cls.folder, check=True, timeout=300)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def setUp(self):
        self.before = os.getcwd()
        os.chdir(self.folder)

    def tearDown(self):
        os.chdir(self.before)

    def test_every_snippet_loads_its_file(self):
        import numpy as np
        truth = np.load("maps/flow/000000.npy")
        error = np.load("maps/warp_error/000000.npy")
        self.assertEqual(truth.shape, error.shape + (2,))
        seen = set()
        for number, snippet in enumerate(snippets(), 1):
            lacking = missing(snippet)
            if lacking:
                print(f"snippet {number} was left out: there is no {lacking}")
                continue
            names = {}
            with self.subTest(snippet=number):
                exec(compile(snippet, f"snippet {number}", "exec"), names)
                if "flow" in names:
                    # KITTI's PNG stores steps of 1/64 px.
                    step = 1 / 64 if "cv2" in names else 0
                    np.testing.assert_allclose(names["flow"], truth, rtol=0, atol=step)
                if "error" in names:
                    np.testing.assert_array_equal(names["error"], error)
                if "labels" in names:
                    self.assertEqual(names["labels"].shape, error.shape)
                    self.assertGreater(names["area"], 0)
                if "curves" in names:
                    self.assertEqual(list(names["curves"]["frame"]), [0, 1, 2])
                    # The curve is the mean of the map, to the precision of a float.
                    self.assertAlmostEqual(names["curves"]["warp_error"][0], np.nanmean(error), 4)
                seen |= names.keys()
        self.assertTrue({"flow", "error", "curves"} <= seen)


if __name__ == "__main__":
    if importlib.util.find_spec("numpy") is None:
        print("NumPy is not installed: the snippets are not run")
        sys.exit(77)
    MCJEPA = sys.argv.pop(1)
    unittest.main()
