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
    steps = ""  # what the stand-in for the build prints
    on_line = None  # a line, and the file that is made once it was printed
    said = ""   # what the last run printed
    builds = []  # targets of each build of the last run

    def run_demo(self, studio_code, **display):
        """The exit code, and the first words of the programs that ran."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            shutil.copy(ROOT / "start", root / "start")
            write_program(root / "packaging/install-dependencies", "exit 0\n")
            write_program(root / "tools/ninja", "exit 0\n")
            write_program(root / "tools/cmake", 'echo "$@" >> builds\n' + self.steps)
            record = 'echo "$(basename "$0") $1" >> ran\n'
            programs = root / "build/release/bin"
            write_program(programs / "mcjepa", record)
            write_program(programs / "mcjepa-studio", record + f"exit {studio_code}\n")
            # Without DISPLAY and WAYLAND_DISPLAY unless the test gives them.
            path = f"{root / 'tools'}:{os.environ['PATH']}"
            variables = {"PATH": path, "HOME": folder, **display}
            self.said = ""
            with subprocess.Popen([root / "start", "demo"], env=variables, text=True,
                                  stdout=subprocess.PIPE) as ended:
                for line in ended.stdout:
                    self.said += line
                    if self.on_line and line == self.on_line[0]:
                        (root / self.on_line[1]).touch()
                ended.wait(timeout=60)
            self.builds = [line.split(" --target ")[1].split()
                           for line in (root / "builds").read_text().splitlines()
                           if " --target " in line]
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

    def test_nothing_is_built_that_the_demo_does_not_run(self):
        library = ["mcj_torch"] + (["mcj_cuda"] if os.path.exists("/dev/nvidia0") else [])
        self.run_demo(0, DISPLAY=":0")
        self.assertEqual(self.builds, [library + ["mcjepa-studio"]])
        self.run_demo(0)
        self.assertEqual(self.builds, [library + ["mcjepa"]])

    def test_the_command_line_is_built_where_the_display_cannot_be_opened(self):
        self.run_demo(4, DISPLAY=":0")
        self.assertEqual(self.builds[1:], [["mcjepa"]])

    def test_says_how_long_the_build_still_takes(self):
        self.steps = "printf '[10/100 20.000] Building a\\n[100/100 200.000] Linking b\\n'\n"
        self.run_demo(0)
        self.assertIn("Building: step 10 of 100, about 3 min left\n", self.said)
        self.assertIn("Building: step 100 of 100, less than a minute left\n", self.said)

    def test_the_time_left_does_not_wait_for_later_steps(self):
        # The build goes on only when its first line was read.
        self.steps = ("case \"$*\" in *--target*) ;; *) exit 0 ;; esac\n"
                      "printf '[1/100 2.000] Building a\\n'\n"
                      "for i in $(seq 200); do\n"
                      "    [ -e seen ] && exit 0\n"
                      "    sleep 0.05\n"
                      "done\n"
                      "exit 1\n")
        self.on_line = ("Building: step 1 of 100, about 3 min left\n", "seen")
        self.assertEqual(self.run_demo(0)[0], 0)

    def test_messages_of_the_compiler_are_passed_on(self):
        self.steps = "printf 'a.cpp:1: error: no such thing\\n'; exit 1\n"
        code, ran = self.run_demo(0)
        self.assertNotEqual(code, 0)
        self.assertEqual(ran, [])
        self.assertIn("a.cpp:1: error: no such thing\n", self.said)


if __name__ == "__main__":
    unittest.main()
