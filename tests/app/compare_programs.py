#!/usr/bin/env python3
"""Compares what two builds of mcjepa print and write for one list of commands, byte by byte.

    compare_programs.py OLD NEW [--model FILE] [--only WORD] [--keep FOLDER]

OLD and NEW are the programs. An older one is built in a checkout of its commit:

    git worktree add ../old COMMIT && cd ../old && ./start build    # build/release/bin/mcjepa

Each program runs every command (COMMANDS) in a folder of its own on copies of the project's sample,
of pictures and of pairs with truth that are made here, all under relative names. Compared are exit
codes, standard output, standard error and every file that is written. Differences that are meant
are listed with their reason in NAMED, ADDED and NEAR; any other is printed, and the exit status is
1.
Standard library only.
"""

import argparse
import fnmatch
import json
import math
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
RESOURCES = HERE.parent.parent / "resources"

# Without the model: the same on every machine. Names are those of the results below.
COMMANDS = {
    "info": "info sample.mp4",
    "info-json": "info sample.mp4 --json",
    "info-pictures": "info pictures --json",
    "info-missing": "info missing.mp4",
    "analyze-dis": "analyze sample.mp4 -o maps --method dis --range 0:6 --maps flow,backward,"
                   "warp-error,consistency,occlusion",
    "analyze-numbers": "analyze sample.mp4 -o maps --method dis --range 0:3 --maps flow "
                       "--format flo,pfm,kitti,npy",
    "analyze-farneback": "analyze pictures -o maps --method farneback --wheel vision-safe",
    "analyze-again": "analyze sample.mp4 -o {analyze-dis}/maps --method dis --range 0:6",
    "analyze-no-output": "analyze sample.mp4",
    "analyze-no-frames": "analyze sample.mp4 -o maps --method dis --range 5:5",
    "analyze-dry-run": "analyze sample.mp4 -o maps --method dis --dry-run",
    "propagate-dis": "propagate sample.mp4 --mask sample_mask.png --method dis-flow --range 0:6 "
                     "-o masks",
    "propagate-identity": "propagate sample.mp4 --mask sample_mask.png --method identity "
                          "--range 0:4 -o masks --json",
    "propagate-backward": "propagate sample.mp4 --mask-at 4=sample_mask.png --method dis-flow "
                          "--range 0:5 --direction backward -o masks",
    "propagate-no-mask": "propagate sample.mp4 --method dis-flow -o masks",
    "propagate-other-size": "propagate pictures --mask sample_mask.png --method dis-flow -o masks",
    "evaluate-masks": "evaluate masks --results {propagate-dis}/masks "
                      "--truth {propagate-identity}/masks",
    "evaluate-masks-json": "evaluate masks --results {propagate-dis}/masks "
                           "--truth {propagate-dis}/masks --json",
    "evaluate-flow": "evaluate flow --pairs pairs --method zero,dis,farneback",
    "evaluate-flow-json": "evaluate flow --pairs pairs --method zero,dis --json",
    "figure-flow-svg": "figure flow pairs --method dis,farneback -o figure.svg",
    "figure-flow-png": "figure flow pairs --method dis -o figure.png",
    "figure-masks": "figure masks sample.mp4 --mask sample_mask.png --method dis-flow --at 1,3 "
                    "-o figure.svg",
    "pack": "pack --images pictures -o pictures.shard",
    "unknown-command": "no-such-command",
}

# With the model, where --model is given: it has to be of both programs.
MODEL_COMMANDS = {
    "analyze-model": "analyze sample.mp4 -o maps --method model --range 0:3 --maps flow,"
                     "feature-error",
    "analyze-model-fast": "analyze sample.mp4 -o maps --method model-fast --range 0:3 --maps flow "
                          "--format flo",
    "similarity": "similarity sample.mp4 --frame 0 --point 100,80 --range 0:3 -o maps --format npy",
    "propagate-features": "propagate sample.mp4 --mask sample_mask.png --method features "
                          "--range 0:4 -o masks",
    "propagate-flow": "propagate sample.mp4 --mask sample_mask.png --method flow --range 0:4 "
                      "-o masks",
}

# Patterns of "command/what" and why these differ from a1f97bc, the commit before results had full
# keys and before the texts were rewritten; what is exit, stdout, stderr or a file's name.
REWRITTEN = "messages were rewritten in plain English; the figures in them are the same"
NAMED = {
    "info*/stderr": REWRITTEN,
    "analyze-*/stderr": REWRITTEN,
    "propagate-*/stderr": REWRITTEN,
    "evaluate-*/stderr": REWRITTEN,
    "unknown-command/stderr": REWRITTEN,
    "analyze-dry-run/stdout": REWRITTEN + ", except the memory, whose estimate covers more",
    "evaluate-flow/stdout": "the last column has the seconds of this run; its title was rewritten",
    "figure-flow-png/figure.png": "letters are those of DejaVu Sans, as in the SVG",
    "figure-*/figure.svg": "the window and the command line draw figures and legends by one code",
    "pack/pictures.shard": "the index names the version of the program",
    "analyze-model/maps/*.png": "pictures of the maps below: neighbouring levels",
}
# The same for JSON that has more fields than before, and all of the earlier ones unchanged.
ADDED = {
    "*manifest.json": "how results were made: the precision, the files of the run",
    "info-*/stdout": "further facts of a file",
    "evaluate-*-json/stdout": "further figures",
    "propagate-identity/stdout": "further facts of each frame",
}
# Numbers of the network, which differ by less than the bound: its steps on the CPU are joined, so
# that sums are rounded elsewhere.
NEAR = {
    "analyze-model*/maps/flow/*.flo": 1e-3,
    "similarity/maps/similarity/*.npy": 1e-5,
}


def png(width, height, pixel):
    """An RGB picture of pixel(x, y), as the bytes of a PNG file."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + bytes(value for x in range(width) for value in pixel(x, y))
                    for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def texture(x, y):
    """A smooth pattern with structure everywhere, so that flow is defined."""
    return tuple((x * a + y * b + (x * y) // c) % 256
                 for a, b, c in ((5, 3, 7), (2, 9, 11), (11, 4, 5)))


def make_inputs(folder):
    """The same files for both programs."""
    shutil.copy(RESOURCES / "samples" / "sample.mp4", folder)
    shutil.copy(RESOURCES / "samples" / "sample_mask.png", folder)
    width, height = 96, 64
    (folder / "pictures").mkdir()
    for t in range(4):
        (folder / "pictures" / f"{t:05}.png").write_bytes(
            png(width, height, lambda x, y, t=t: texture(x - 2 * t, y + t)))
    pair = folder / "pairs" / "shift"
    pair.mkdir(parents=True)
    (pair / "frame1.png").write_bytes(png(width, height, texture))
    (pair / "frame2.png").write_bytes(png(width, height, lambda x, y: texture(x - 2, y + 1)))
    flow = struct.pack("<2f", 2.0, -1.0) * (width * height)
    (pair / "flow.flo").write_bytes(b"PIEH" + struct.pack("<ii", width, height) + flow)


def without_times(text):
    """Seconds, rates and dates differ between two runs of one program."""
    text = re.sub(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*", b"DATE", text)
    text = re.sub(rb"\b\d+(\.\d+)?(e-?\d+)? ?(ms|s|min|fps|seconds|frames/s|pairs/s)\b", b"TIME",
                  text)
    return re.sub(rb'("\w*(secs|seconds|_ms|_s|date|time|started|finished)": ?)[^,}\n]+',
                  rb'\1"TIME"', text)


def run_all(program, commands, root, model):
    """Runs the commands in `root`; returns what they came to, by "command/what"."""
    results = {}
    shown = subprocess.run([str(program), "--help"], capture_output=True, check=False, timeout=60)
    # Older programs multiply in float32 alone.
    precision = ["--precision", "float32"] if b"--precision" in shown.stdout else []
    for name, line in commands.items():
        folder = root / name
        folder.mkdir()
        make_inputs(folder)
        given = {path.relative_to(folder) for path in folder.rglob("*")}
        for other in commands:
            line = line.replace("{" + other + "}", "../" + other)
        arguments = line.split() + ["--threads", "1"]
        if name in MODEL_COMMANDS:
            arguments += ["--model", str(model), *precision]
        ran = subprocess.run([str(program), *arguments], cwd=folder, capture_output=True,
                             check=False, timeout=600)
        results[f"{name}/exit"] = str(ran.returncode).encode()
        results[f"{name}/stdout"] = without_times(ran.stdout)
        results[f"{name}/stderr"] = without_times(ran.stderr)
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            if path.is_file() and relative not in given:
                data = path.read_bytes()
                text = path.suffix in (".json", ".svg", ".csv")
                results[f"{name}/{relative.as_posix()}"] = without_times(data) if text else data
    return results


def brief(data):
    """The first differing part is printed; numbers of bytes where it is no text."""
    if data is None:
        return "not there"
    try:
        return json.dumps(data.decode("utf-8"))[:300]
    except UnicodeDecodeError:
        return f"{len(data)} bytes"


def first_difference(old, new):
    if old is None or new is None:
        return old, new
    at = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
    start = max(0, old.rfind(b"\n", 0, at) + 1)
    return old[start:], new[start:]


def contains(new, old):
    """Whether the JSON value `new` has everything that `old` has."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and contains(new[key], value)
                                             for key, value in old.items())
    if isinstance(old, list):
        return (isinstance(new, list) and len(new) == len(old) and
                all(map(contains, new, old)))
    return new == old


def adds_only(old, new):
    """Whether `new` is the JSON `old`, a value or one per line, with more fields."""
    if old is None or new is None:
        return False
    for read in (lambda data: [json.loads(data)],
                 lambda data: [json.loads(line) for line in data.splitlines()]):
        try:
            return contains(read(new), read(old))
        except ValueError:
            continue
    return False


def floats(data):
    """The values of a .flo or .npy file of 32-bit floats."""
    start = 12 if data[:4] == b"PIEH" else 10 + struct.unpack("<H", data[8:10])[0]
    return struct.unpack(f"<{(len(data) - start) // 4}f", data[start:])


def largest_difference(old, new):
    """Of two files of floats; infinite where their sizes or unknown values differ."""
    if old is None or new is None or len(old) != len(new):
        return math.inf
    largest = 0.0
    for before, after in zip(floats(old), floats(new)):
        if math.isnan(before) != math.isnan(after):
            return math.inf
        if not math.isnan(before):
            largest = max(largest, abs(before - after))
    return largest


def compare(old, new, named, added, near):
    """Returns the lines to print and what is said of differences that are named."""
    lines, needed = [], set()
    for item in sorted(set(old) | set(new)):
        before, after = old.get(item), new.get(item)
        if before == after:
            continue
        patterns = [pattern for pattern in named if fnmatch.fnmatchcase(item, pattern)]
        if adds_only(before, after):
            patterns += [pattern for pattern in added if fnmatch.fnmatchcase(item, pattern)]
        if patterns:
            needed.add(f"{patterns[0]} differs: {named.get(patterns[0]) or added[patterns[0]]}")
            continue
        bounds = [bound for pattern, bound in near.items() if fnmatch.fnmatchcase(item, pattern)]
        if bounds and largest_difference(before, after) < bounds[0]:
            needed.add(f"{item} differs by less than {bounds[0]}")
            continue
        before, after = first_difference(before, after)
        lines += [f"{item} differs", f"  old: {brief(before)}", f"  new: {brief(after)}"]
    return lines, needed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("--model", type=pathlib.Path, help="also run the commands that need it")
    parser.add_argument("--only", help="commands whose name contains this")
    parser.add_argument("--keep", type=pathlib.Path, help="a new folder for what is written")
    options = parser.parse_args()
    commands = dict(COMMANDS)
    if options.model:
        commands.update(MODEL_COMMANDS)
    if options.only:
        commands = {name: line for name, line in commands.items() if options.only in name}
    with tempfile.TemporaryDirectory() as scratch:
        root = options.keep or pathlib.Path(scratch)
        results = []
        for side, program in (("old", options.old), ("new", options.new)):
            folder = root / side
            folder.mkdir(parents=True)
            model = options.model.resolve() if options.model else None
            results.append(run_all(program.resolve(), commands, folder, model))
    lines, needed = compare(*results, NAMED, ADDED, NEAR)
    print("\n".join(lines), end="\n" if lines else "")
    for difference in sorted(needed):
        print(difference)
    equal = sum(results[0].get(item) == results[1].get(item) for item in results[0])
    print(f"{len(commands)} commands, {equal} of {len(results[0])} results equal, "
          f"{len(lines) // 3} differences without a name")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
