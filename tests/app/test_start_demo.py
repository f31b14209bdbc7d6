#!/usr/bin/env python3
"""`./start demo` with stand-ins for the build and the programs: what it runs on which display."""

import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def write_program(path, body):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class StartDemo(unittest.TestCase):
    def run_demo(self, studio_code, **display):
        """The exit code, and the first words of the programs that ran."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            shutil.copy(ROOT / "start", root / "start")
            write_program(root / "packaging/install-dependencies", "exit 0\n")
            for tool in ("cmake", "ninja"):
                write_program(root / "tools" / tool, "exit 0\n")
            record = 'echo "$(basename "$0") $1" >> ran\n'
            programs = root / "build/release/bin"
            write_program(programs / "mcjepa", record)
            write_program(programs / "mcjepa-studio", record + f"exit {studio_code}\n")
            # Without DISPLAY and WAYLAND_DISPLAY unless the test gives them.
            path = f"{root / 'tools'}:{os.environ['PATH']}"
            variables = {"PATH": path, "HOME": folder, **display}
            ended = subprocess.run([root / "start", "demo"], env=variables, text=True,
                                   capture_output=True, timeout=60, check=False)
            ran = root / "ran"
            return ended.returncode, ran.read_text().splitlines() if ran.exists() else []

    def test_a_window_where_there_is_a_display(self):
        self.assertEqual(self.run_demo(0, DISPLAY=":0"),
                         (0, ["mcjepa-studio resources/samples/sample.mp4"]))

    def test_maps_where_no_display_is_named(self):
        self.assertEqual(self.run_demo(0), (0, ["mcjepa analyze", "mcjepa propagate"]))

    def test_maps_where_the_display_cannot_be_opened(self):
        self.assertEqual(self.run_demo(4, DISPLAY=":0")[1],
                         ["mcjepa-studio resources/samples/sample.mp4", "mcjepa analyze",
                          "mcjepa propagate"])

    def test_other_failures_of_the_window_are_passed_on(self):
        self.assertEqual(self.run_demo(3, DISPLAY=":0"),
                         (3, ["mcjepa-studio resources/samples/sample.mp4"]))


if __name__ == "__main__":
    unittest.main()
