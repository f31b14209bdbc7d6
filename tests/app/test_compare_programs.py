#!/usr/bin/env python3
"""compare_programs.py finds differences and lets those pass that have a name. Standard library."""

import math
import struct
import sys
import pathlib
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from compare_programs import compare, without_times  # pylint: disable=wrong-import-position


def flo(*values):
    return b"PIEH" + struct.pack("<ii", len(values), 1) + struct.pack(f"<{len(values)}f", *values)


class Comparison(unittest.TestCase):
    def found(self, old, new, named=(), added=(), near=None):
        lines, said = compare(old, new, dict.fromkeys(named, "why"), dict.fromkeys(added, "why"),
                              near or {})
        return len(lines) // 3, len(said)

    def test_equal_results_have_no_differences(self):
        self.assertEqual(self.found({"a/exit": b"0"}, {"a/exit": b"0"}), (0, 0))

    def test_differences_need_a_name(self):
        old, new = {"a/stdout": b"1\n2\n"}, {"a/stdout": b"1\n3\n"}
        self.assertEqual(self.found(old, new), (1, 0))
        self.assertEqual(self.found(old, new, named=["b/stdout"]), (1, 0))
        self.assertEqual(self.found(old, new, named=["*/stdout"]), (0, 1))

    def test_files_that_are_missing_or_new_are_differences(self):
        self.assertEqual(self.found({"a/x.png": b"1"}, {}), (1, 0))
        self.assertEqual(self.found({}, {"a/x.png": b"1"}), (1, 0))

    def test_only_fields_may_be_added(self):
        old = {"a/m.json": b'{"x": [{"y": 1}]}'}
        more = {"a/m.json": b'{"x": [{"y": 1, "z": 2}], "w": 3}'}
        other = {"a/m.json": b'{"x": [{"y": 2, "z": 2}]}'}
        self.assertEqual(self.found(old, more, added=["*.json"]), (0, 1))
        self.assertEqual(self.found(old, other, added=["*.json"]), (1, 0))
        self.assertEqual(self.found(more, old, added=["*.json"]), (1, 0))
        lines = {"a/m.json": b'{"x": 1}\n{"x": 2}\n'}
        longer = {"a/m.json": b'{"x": 1, "y": 0}\n{"x": 2}\n'}
        self.assertEqual(self.found(lines, longer, added=["*.json"]), (0, 1))

    def test_numbers_may_differ_by_less_than_the_bound(self):
        near = {"a/*.flo": 0.01}
        old = {"a/0.flo": flo(1.0, math.nan)}
        self.assertEqual(self.found(old, {"a/0.flo": flo(1.001, math.nan)}, near=near), (0, 1))
        self.assertEqual(self.found(old, {"a/0.flo": flo(1.1, math.nan)}, near=near), (1, 0))
        self.assertEqual(self.found(old, {"a/0.flo": flo(1.001, 0.0)}, near=near), (1, 0))
        self.assertEqual(self.found(old, {"a/0.flo": flo(1.0)}, near=near), (1, 0))

    def test_times_are_left_out_and_figures_are_not(self):
        self.assertEqual(without_times(b"5 pairs in maps, 1.6 s"),
                         without_times(b"5 pairs in maps, 12 s"))
        self.assertNotEqual(without_times(b"5 pairs in maps, 1.6 s"),
                            without_times(b"6 pairs in maps, 1.6 s"))


if __name__ == "__main__":
    unittest.main()
