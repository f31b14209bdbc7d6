#!/usr/bin/env python3
"""The long checks, in parts that can be stopped and resumed: ./start check [PART ...]

    asan           AddressSanitizer and UndefinedBehaviorSanitizer over the tests of readers, masks,
                   session, window and programs
    asan-training  the same over the tests of network and training, which take longer to build
    tsan           ThreadSanitizer over session and readers, with a stand-in engine
    tidy           clang-tidy over everything without LibTorch in it
    soak           30 minutes of random journeys through the window: nothing fails, and memory
                   grows by less than 5 % once the caches are full
    soak-asan      the same under AddressSanitizer and UndefinedBehaviorSanitizer, without the limit
                   on memory

MCJ_SOAK_MINUTES and MCJ_SOAK_SEED change how long the journeys last and which ones they are.

Each part continues where it was stopped as long as the commit is the same, and writes what it found
to build/check/PART.txt. When it is through, it adds one line to tests/bench/results/checks.jsonl.
Exits with 1 where a part has findings. Standard library only.
"""

import concurrent.futures
import datetime
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / "build" / "check"
RESULTS = ROOT / "tests" / "bench" / "results" / "checks.jsonl"
SUPPRESSIONS = ROOT / "tests" / "lint"
WORKERS = 2

# What sanitizers are told, besides where to write.
ASAN_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "LSAN_OPTIONS": f"suppressions={SUPPRESSIONS / 'leaks.supp'}:print_suppressions=0",
}
SOAK_MINUTES = "30"
MOST_GROWTH_PERCENT = "5"
# Tests that use threads of ours: the session's lanes and the readers below them. OpenCV's and
# FFmpeg's own threads are not compiled with the sanitizer.
TSAN_TESTS = [
    "test_session", "test_session_open", "test_session_length", "test_session_masks",
    "test_session_products", "test_session_document", "test_document", "test_map_export",
    "test_frame_picture", "test_video_reader", "test_video_slices", "test_frame_index",
    "test_scan_ahead",
    "test_image_sequence", "test_budget_cache", "test_stop_token", "test_tools",
]
# Tests that are compiled with LibTorch.
TRAINING_TESTS = re.compile(
    r"parity|distributed|fuzz_model|test_(ops|model$|torch_errors|engine_memory|reference)")
# LibTorch's headers take minutes per file in clang-tidy and are not ours to check.
TIDY_FOLDERS = ["media", "inference/engine", "inference/analysis", "segmentation", "viewer", "ui",
                "app"]
TIDY_WITHOUT = re.compile(r"inference/engine/(torch_|feature_cache)|_autogen|/build/")


def run(command, **more):
    return subprocess.run(command, cwd=ROOT, text=True, **more)


def commit():
    head = run(["git", "rev-parse", "--short", "HEAD"], capture_output=True).stdout.strip()
    # Not the results: this adds to them.
    changed = run(["git", "diff", "HEAD", "--", ".", ":(exclude)tests/bench/results"],
                  capture_output=True).stdout
    return head + ("+" + hashlib.sha256(changed.encode()).hexdigest()[:8] if changed else "")


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


class Part:
    """What a part has done so far, kept beside the build."""

    def __init__(self, name):
        self.name = name
        self.file = STATE / f"{name}.json"
        self.started = time.time()
        fresh = {"commit": commit(), "secs": 0.0, "done": {}}
        try:
            self.data = json.loads(self.file.read_text())
        except (OSError, ValueError):
            self.data = fresh
        if self.data["commit"] != fresh["commit"]:
            self.data = fresh
        self.data.pop("finished", None)

    def keep(self):
        now = time.time()
        self.data["secs"] += now - self.started
        self.started = now
        STATE.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.data, indent=1))

    def work_off(self, items, work):
        """Calls work(item) -> findings (a text, empty: none) for each item that is not done."""
        left = [item for item in items if item not in self.data["done"]]
        pool = concurrent.futures.ThreadPoolExecutor(WORKERS)
        try:
            futures = {pool.submit(work, item): item for item in left}
            for number, future in enumerate(concurrent.futures.as_completed(futures), 1):
                item = futures[future]
                self.data["done"][item] = future.result()
                self.keep()
                state = "FOUND" if self.data["done"][item] else "clean"
                print(f"{self.name}: {number} of {len(left)}, {state}: {item}", flush=True)
        finally:
            # Stopped: what has not begun is left for the next time.
            pool.shutdown(wait=True, cancel_futures=True)

    def finish(self, **measured):
        """Writes the report and one line of results, with what was measured in it."""
        found = {item: text for item, text in self.data["done"].items() if text}
        report = STATE / f"{self.name}.txt"
        report.write_text("".join(f"== {item}\n{text}\n" for item, text in sorted(found.items())))
        line = {"name": f"check_{self.name}", "device": "cpu", "cpu": processor(),
                "commit": self.data["commit"], "date": datetime.date.today().isoformat(),
                "items": len(self.data["done"]), "with_findings": sorted(found),
                "secs": round(self.data["secs"]), **measured}
        with RESULTS.open("a") as results:
            results.write(json.dumps(line) + "\n")
        print(f"{self.name}: {len(self.data['done'])} checked, {len(found)} with findings"
              + (f", see {report.relative_to(ROOT)}" if found else ""))
        return not found


def build(preset, targets):
    folder = configure(preset)
    jobs = os.environ.get("MCJ_JOBS", str(os.cpu_count() or 1))
    run(["cmake", "--build", str(folder), "-j", jobs, "--target", *targets], check=True)
    return folder


def tests_of(folder):
    """Names of all tests but those that run no code of ours (lint, builds)."""
    listed = run(["ctest", "--test-dir", str(folder), "-N", "-LE", "lint|build"],
                 capture_output=True, check=True).stdout
    return re.findall(r"Test +#\d+: (\S+)", listed)


def prepare_reports(folder, name, options):
    """An empty place for the sanitizers' reports of one program, and its environment."""
    reports = STATE / "reports" / folder.name
    reports.mkdir(parents=True, exist_ok=True)
    for old in reports.glob(f"{name}.*"):
        old.unlink()
    environment = dict(os.environ)
    for variable, value in options.items():
        environment[variable] = f"{value}:log_path={reports / name}"
    return reports, environment


def read_reports(reports, name):
    return "".join(path.read_text(errors="replace") for path in sorted(reports.glob(f"{name}.*")))


def run_test(folder, name, options):
    """The findings of one test: sanitizer reports, or its output where it fails."""
    reports, environment = prepare_reports(folder, name, options)
    done = run(["ctest", "--test-dir", str(folder), "-R", f"^{re.escape(name)}$",
                "--no-tests=error", "--output-on-failure", "--timeout", "1800"],
               capture_output=True, env=environment)
    text = "".join(path.read_text(errors="replace") for path in sorted(reports.glob(f"{name}.*")))
    if done.returncode != 0:
        text += done.stdout[-6000:]
    return text


def configure(preset):
    folder = ROOT / "build" / preset
    if not (folder / "build.ninja").exists():
        run(["cmake", "--preset", preset], check=True)
    return folder


def is_training(name):
    """Whether the test lives in tests/training or is compiled with LibTorch."""
    source = ROOT / "tests" / "training" / f"{name}.cpp"
    return source.exists() or TRAINING_TESTS.search(name) is not None


def asan(part_name, wanted):
    part = Part(part_name)
    folder = configure("asan")
    names = [name for name in tests_of(folder) if is_training(name) == wanted]
    known = run(["ninja", "-C", str(folder), "-t", "targets", "all"], capture_output=True).stdout
    known = {line.split(":")[0] for line in known.splitlines()}
    programs = ["mcjepa", "mcjepa-studio", "mcj_torch", "mcj_pictures"]
    if wanted:
        programs = ["all"]
    build("asan", programs + [name for name in names if name in known])
    part.work_off(names, lambda name: run_test(folder, name, ASAN_OPTIONS))
    return part.finish()


def check_asan():
    return asan("asan", False)


def check_asan_training():
    return asan("asan-training", True)


def check_tsan():
    part = Part("tsan")
    folder = build("tsan", TSAN_TESTS)
    options = {"TSAN_OPTIONS": f"suppressions={SUPPRESSIONS / 'races.supp'}"
                               # FFmpeg's buffer pools confuse the search for deadlocks.
                               ":detect_deadlocks=0"
                               # Tests start ffmpeg, which forks.
                               ":die_after_fork=0"
                               ":ignore_noninstrumented_modules=1"}
    part.work_off(TSAN_TESTS, lambda name: run_test(folder, name, options))
    return part.finish()


def tidy_program():
    for name in (ROOT / ".deps/python/bin/clang-tidy", "clang-tidy"):
        try:
            run([str(name), "--version"], capture_output=True, check=True)
            return str(name)
        except (OSError, subprocess.CalledProcessError):
            continue
    sys.exit("error: clang-tidy is not installed\n"
             "Install it (Debian: clang-tidy), then run ./start check tidy again.")


def check_tidy():
    part = Part("tidy")
    folder = ROOT / "build" / "tidy"
    if not (folder / "build.ninja").exists():
        run(["cmake", "--preset", "tidy"], check=True)
    # Headers that are generated.
    run(["cmake", "--build", str(folder), "--target", "autogen"], check=False,
        capture_output=True)
    known = {entry["file"] for entry in
             json.loads((folder / "compile_commands.json").read_text())}
    files = sorted(str(Path(path).relative_to(ROOT)) for path in known
                   if any(Path(path).is_relative_to(ROOT / top) for top in TIDY_FOLDERS)
                   and not TIDY_WITHOUT.search(path))
    program = tidy_program()

    def look(name):
        done = run([program, "-p", str(folder), "--quiet", name], capture_output=True)
        if done.returncode != 0 and not done.stdout.strip():
            return done.stderr[-2000:] or f"clang-tidy ended with {done.returncode}"
        # Notes belong to the warning before them.
        return "\n".join(line for line in done.stdout.splitlines() if line.strip())

    part.work_off(files, look)
    return part.finish()


def soak(part_name, preset, options, limits):
    """Random journeys; what they measured is in the line of results."""
    part = Part(part_name)
    # Not resumed: memory and order only mean something in one run.
    part.data["done"] = {}
    folder = build(preset, ["soak_window"])
    reports, environment = prepare_reports(folder, part_name, options)
    environment["OMP_WAIT_POLICY"] = "PASSIVE"
    environment["XDG_CACHE_HOME"] = str(folder / "test_cache")
    minutes = os.environ.get("MCJ_SOAK_MINUTES", SOAK_MINUTES)
    # Something that hangs is a finding, too. timeout ends the display with the program.
    patience = round(60 * float(minutes) * 1.5 + 900)
    command = ["timeout", "--kill-after=30", str(patience),
               str(ROOT / "tests/support/with_display"), str(folder / "tests/soak_window"),
               "--minutes", minutes, "--table", str(STATE / f"{part_name}.csv"), *limits]
    if "MCJ_SOAK_SEED" in os.environ:
        command += ["--seed", os.environ["MCJ_SOAK_SEED"]]
    measured = {}

    def wander(_):
        done = run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        for line in done.stdout.splitlines():
            if line.startswith('{"name": "soak_window"'):
                measured.update({key: value for key, value in json.loads(line).items()
                                 if key != "name"})
        text = read_reports(reports, part_name)
        return text + done.stdout[-6000:] if done.returncode != 0 or text else ""

    part.work_off([f"{minutes} minutes"], wander)
    return part.finish(**measured)


def check_soak():
    return soak("soak", "release", {}, ["--most-growth", MOST_GROWTH_PERCENT])


def check_soak_asan():
    # Freed memory is kept for a while, so growth means nothing.
    return soak("soak-asan", "asan", ASAN_OPTIONS, [])


CHECKS = {"asan": check_asan, "asan-training": check_asan_training, "tsan": check_tsan,
          "tidy": check_tidy, "soak": check_soak, "soak-asan": check_soak_asan}


def main(names):
    for name in names:
        if name not in CHECKS:
            sys.exit(f"error: there is no part \"{name}\"\nParts are: {', '.join(CHECKS)}.")
    clean = [CHECKS[name]() for name in names or CHECKS]
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
