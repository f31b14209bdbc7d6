#!/usr/bin/env python3
"""What `./start` installs, and what it says where it cannot: the real scripts, with stand-ins for
the package manager, Python's environments, sudo and the build. Only they and a few plain tools are
on PATH, so that nothing of the machine's own can be reached.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANNOT_INSTALL = 3
# With one, the scripts fetch PyTorch whole for each goal.
HAS_GPU = os.path.exists("/dev/nvidia0")

PLAIN_TOOLS = "awk bash cat cp dirname env find grep ln mkdir nproc sh touch tr".split()
RECORD = """printf '%s\\n' "${0##*/} $*" >> "$RAN"
"""
STAND_INS = {
    "apt-get": 'exit "${APT_CODE:-0}"\n',
    "cmake": "",
    "ctest": "",
    "ninja": "",
    "id": 'echo "${USER_ID:-0}"\n',
    # As dpkg-query: a line for each package it knows of, and failure if there is one it does not.
    "dpkg-query": r"""
shift 2
for package; do
    case " $MISSING " in *" $package "*) code=1; continue ;; esac
    case " $UNPACKED " in *" $package "*) status=unpacked ;; *) status=installed ;; esac
    echo "$status $package"
done
exit "${code:-0}"
""",
    "sudo": """
[ "$1" = -n ] && exit "${SUDO_CODE:-0}"
exec "$@"
""",
    # Python's own, and the one in the environment that it makes. CUT=venv and CUT=pip take the
    # script down in the middle of the work, as a lost machine does.
    "python3": """
case "$*" in
    "-m venv "*)
        mkdir -p "$3/bin"
        cp "$0" "$3/bin/python"
        [ "${CUT:-}" = venv ] && kill -KILL "$PPID" && exit 137
        [ "${FAIL:-}" = venv ] && exit 1
        cp "$0" "$3/bin/pip"
        ;;
    "-m pip install "*)
        [ -x "${0%/*}/pip" ] || { echo "No module named pip" >&2; exit 1; }
        [ "${FAIL:-}" = pip ] && exit 1
        mkdir -p "${0%/bin/*}/lib/python3.11/site-packages/torch"
        [ "${CUT:-}" = pip ] && kill -KILL "$PPID" && exit 137
        ;;
    *) exit 1 ;;
esac
exit 0
""",
}
# The system's name comes from a file at a fixed place, which is read with sed.
SED = """
for argument; do
    shift
    [ "$argument" = /etc/os-release ] && argument=$OS_RELEASE
    set -- "$@" "$argument"
done
"""


def write_program(path, body):
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(0o755)


class InstallDependencies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.deps = self.root / ".deps"
        self.tools = self.root / "tools"
        for part in ("packaging", "tools"):
            (self.root / part).mkdir()
        for script in ("start", "packaging/install-dependencies"):
            shutil.copy(ROOT / script, self.root / script)
        for tool in PLAIN_TOOLS:
            (self.tools / tool).symlink_to(shutil.which(tool))
        for tool, body in STAND_INS.items():
            write_program(self.tools / tool, RECORD + body)
        write_program(self.tools / "sed", SED + f'exec {shutil.which("sed")} "$@"\n')

    def start(self, goal="build", system="Debian GNU/Linux 12 (bookworm)", **settings):
        """The exit code, what was said, and the calls of stand-ins, a line each."""
        release = self.root / "os-release"
        release.write_text(f'ID=any\nPRETTY_NAME="{system}"\n')
        ran = self.root / "ran"
        ran.write_text("")
        variables = {"PATH": str(self.tools), "HOME": str(self.root), "RAN": str(ran),
                     "OS_RELEASE": str(release), "MCJ_JOBS": "1", **settings}
        ended = subprocess.run([self.root / "start", goal], env=variables, check=False, text=True,
                               stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return ended.returncode, ended.stderr, ran.read_text().splitlines()

    def packages_of(self, goal):
        """The Debian packages that the goal asks for."""
        query = next(call for call in self.start(goal)[2] if call.startswith("dpkg-query"))
        return query.split("${Package}\\n ")[1].split()

    def stamps(self):
        return sorted(path.name for path in self.deps.glob("torch-*"))

    def assert_refused(self, ended, says):
        """One message that begins with these words, and nothing tried: no install and no build."""
        code, said, calls = ended
        self.assertEqual(code, CANNOT_INSTALL, said)
        self.assertEqual(said.count("error:"), 1, said)
        self.assertEqual(said.splitlines()[0], "error: " + says)
        for call in calls:
            self.assertIn(call.split()[0], ("dpkg-query", "id", "sudo"))
            self.assertNotIn("apt-get", call)
        self.assertFalse(self.deps.exists())

    def assert_lists_in_one_line(self, said, packages):
        self.assertIn("  " + " ".join(packages), said.splitlines())

    # ---- where packages cannot be installed --------------------------------------------------

    def test_not_root_and_no_sudo(self):
        (self.tools / "sudo").unlink()
        ended = self.start(USER_ID="1000", MISSING="libpng-dev cmake")
        self.assert_refused(ended, "not root and no sudo; missing: cmake libpng-dev")

    def test_not_root_and_a_sudo_that_would_ask_where_no_one_answers(self):
        ended = self.start(USER_ID="1000", SUDO_CODE="1", MISSING="libpng-dev cmake")
        self.assert_refused(ended, "not root and no sudo; missing: cmake libpng-dev")

    def test_everything_missing_is_named_whatever_the_goal(self):
        for goal in ("build", "test"):
            packages = self.packages_of(goal)
            shutil.rmtree(self.deps)
            self.assertGreater(len(packages), 20)
            ended = self.start(goal, USER_ID="1000", SUDO_CODE="1", MISSING=" ".join(packages))
            self.assert_refused(ended, "not root and no sudo; missing: " + " ".join(packages))
            self.assert_lists_in_one_line(ended[1], packages)

    def test_another_system(self):
        packages = self.packages_of("test")
        shutil.rmtree(self.deps)
        (self.tools / "dpkg-query").unlink()
        for system in ("Fedora Linux 43", "Debian GNU/Linux 13 (trixie)", "Ubuntu 24.04 LTS"):
            ended = self.start("test", system=system)
            self.assert_refused(ended, "packages are installed on Debian 12 only, not on "
                                       f"{system}.")
            self.assert_lists_in_one_line(ended[1], packages)
            self.assertIn("MCJ_SKIP_PACKAGES=1", ended[1])

    def test_another_system_whose_owner_has_seen_to_the_packages(self):
        code, said, calls = self.start(system="Fedora Linux 43", MCJ_SKIP_PACKAGES="1",
                                       MISSING="cmake", USER_ID="1000")
        self.assertEqual(code, 0, said)
        for call in calls:
            self.assertIn(call.split()[0], ("python3", "python", "cmake", "ninja"))

    # ---- where they can ----------------------------------------------------------------------

    def test_root_installs_what_is_missing_and_no_more(self):
        code, said, calls = self.start(MISSING="libpng-dev", UNPACKED="cmake")
        self.assertEqual(code, 0, said)
        apt = [call for call in calls if call.startswith("apt-get")]
        self.assertEqual(len(apt), 2, apt)
        # Unpacked is what an installation that was cut off leaves.
        self.assertTrue(apt[1].endswith("--no-install-recommends cmake libpng-dev"), apt)
        self.assertNotIn("sudo", " ".join(calls))

    def test_sudo_installs_for_others(self):
        code, said, calls = self.start(USER_ID="1000", MISSING="cmake")
        self.assertEqual(code, 0, said)
        apt = [call for call in calls if "apt-get" in call]
        self.assertEqual(len([call for call in apt if call.startswith("sudo ")]), 2, apt)

    def test_a_failing_apt(self):
        code, said, calls = self.start(MISSING="cmake", APT_CODE="100")
        self.assertEqual(code, CANNOT_INSTALL)
        self.assertIn("error: apt-get could not read its package lists", said)
        self.assertFalse(self.deps.exists())
        self.assertNotIn("cmake", [call.split()[0] for call in calls])

    # ---- LibTorch ----------------------------------------------------------------------------

    def test_the_second_run_touches_no_network(self):
        for goal in ("build", "test"):
            code, said, calls = self.start(goal)
            self.assertEqual(code, 0, said)
            self.assertTrue((self.deps / "torch").is_dir())
            code, said, calls = self.start(goal)
            self.assertEqual(code, 0, said)
            self.assertEqual({call.split()[0] for call in calls} - {"cmake", "ninja", "ctest"},
                             {"dpkg-query"})
        # And neither does a build after a test.
        self.assertNotIn("-m pip", " ".join(self.start("build")[2]))

    def fetch(self, goal="build", **settings):
        return self.start(goal, MCJ_SKIP_PACKAGES="1", **settings)

    def check_next_run_fetches(self, goal="build"):
        code, said, calls = self.fetch(goal)
        self.assertEqual(code, 0, said)
        fetched = [call for call in calls if "-m pip install" in call]
        self.assertEqual(len([call for call in fetched if "torch==" in call]), 1, calls)
        self.assertEqual(len([call for call in fetched if "clang-format==" in call]),
                         1 if goal == "test" else 0, calls)
        self.assertTrue((self.deps / "torch").is_dir())

    def test_a_download_that_was_cut_off_is_not_taken_for_whole(self):
        for goal, how in (("build", {"CUT": "venv"}), ("build", {"CUT": "pip"}),
                          ("build", {"FAIL": "venv"}), ("build", {"FAIL": "pip"}),
                          ("test", {"CUT": "pip"}), ("test", {"FAIL": "pip"})):
            with self.subTest(goal=goal, how=how):
                shutil.rmtree(self.deps, ignore_errors=True)
                code, _, calls = self.fetch(goal, **how)
                self.assertEqual(code, CANNOT_INSTALL if "FAIL" in how else 137)
                self.assertNotIn("cmake", [call.split()[0] for call in calls])
                self.assertEqual(self.stamps(), [])
                self.check_next_run_fetches(goal)

    @unittest.skipIf(HAS_GPU, "with a GPU the first fetch is the whole one")
    def test_the_bare_library_outlives_a_cut_off_fetch_of_the_whole(self):
        self.fetch("build")
        bare = self.stamps()
        self.fetch("test", CUT="pip")
        self.assertEqual(self.stamps(), bare)
        self.assertNotIn("-m pip", " ".join(self.fetch("build")[2]))
        self.check_next_run_fetches("test")

    def test_a_cut_off_change_of_version_leaves_neither(self):
        self.fetch("build")
        for path in self.deps.glob("torch-*"):
            path.rename(self.deps / f"torch-1.0.0{path.suffix}")
        self.fetch("build", CUT="pip")
        self.assertEqual(self.stamps(), [])
        self.check_next_run_fetches()


if __name__ == "__main__":
    unittest.main()
