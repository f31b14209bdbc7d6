#!/usr/bin/env python3
"""Masks painted on the sample leave a project file beside it: git ignores it, installing leaves it.

    test_painted_sample.py CMAKE
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CMAKE = "cmake"
PROJECT_FILES = ["sample.mp4.mcjepa", "sample.mp4.mcjepa-wal", "sample.mp4.mcjepa-shm"]


class PaintedSample(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        samples = self.root / "resources/samples"
        samples.mkdir(parents=True)
        for name in ["sample.mp4", *PROJECT_FILES]:
            (samples / name).write_text("x")

    def tearDown(self):
        self.folder.cleanup()

    @unittest.skipUnless(shutil.which("git"), "git is not installed")
    def test_git_ignores_it(self):
        shutil.copy(ROOT / ".gitignore", self.root)
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)
        status = subprocess.run(["git", "status", "--porcelain", "-uall"], cwd=self.root,
                                check=True, capture_output=True, text=True).stdout
        self.assertIn("sample.mp4\n", status)
        self.assertNotIn(".mcjepa", status)

    def test_installing_leaves_it(self):
        shutil.copy(ROOT / "resources/CMakeLists.txt", self.root / "resources")
        (self.root / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.20)\nproject(Sample NONE)\n"
            "add_subdirectory(resources)\n")
        build = self.root / "build"
        installed = self.root / "installed"
        for command in ([CMAKE, "-S", self.root, "-B", build],
                        [CMAKE, "--install", build, "--prefix", installed]):
            subprocess.run(command, check=True, capture_output=True)
        names = [path.name for path in installed.rglob("*") if path.is_file()]
        self.assertEqual(names, ["sample.mp4"])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        CMAKE = sys.argv.pop(1)
    unittest.main()
