#!/usr/bin/env python3
"""Training in 2 and 4 processes against one process with the same global batch.

    test_distributed_training.py MCJEPA MCJEPA_TRAIN [FOLDER]

A small mc-jepa recipe with everything that counts over the batch: scenes of known motion, real
pairs with occlusion masks and variance-covariance terms, VICReg with one picture a process. Every
loss of every step has to agree within 1e-5 over 5 steps in single precision and within 1e-6 over 20
steps in double precision, relative to the loss where it is above 1. FOLDER is where runs are kept;
without it they go. Exit code 77 where there is no mpirun. Standard library only.
"""

import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

import mpi_job

SAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "resources",
                      "samples", "sample.mp4")
MODEL = {
    "name": "tiny", "mode": "mc-jepa",
    "encoder": {"widths": [8, 12, 12, 12, 12, 12], "depths": [1, 1, 0, 0, 0, 0],
                "layer_scale": 0.1},
    "estimator": {"projection": 16, "widths": [24, 16], "coarsest_level": 4},
    "expander": {"widths": [24, 24, 24]},
}
RECIPE = {
    "model": MODEL, "seed": 3, "height": 64, "width": 64,
    "synthetic_batch": 4, "shift_max_px": 4, "real_batch": 4, "real_every": 1,
    "occlusion_start": 2, "balance": 0.1, "warmup": 4,
    "checkpoint_every": 1000, "validate_every": 1000,
    "flow_loss": {"vc": [[0.01, 0.04]] * 2 + [[0.01, 0.001]] * 2 + [[0.001, 0.0]] * 2},
    "content": {"batch": 4, "size": 64},
}
# precision, steps, bound
CASES = [("float32", 5, 1e-5), ("float64", 20, 1e-6)]


def write_png(path, width, height, rows):
    """`rows`: bytes of one row each, RGB."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    raw = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
                   + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def draw_pictures(folder, count=12, width=160, height=128):
    """Patches of random colour: something for features to hold on to."""
    os.makedirs(folder)
    for number in range(count):
        rng = random.Random(number)
        rows = [bytearray(bytes((90 + number, 110, 100)) * width) for _ in range(height)]
        for _ in range(120):
            side = rng.randint(4, 24)
            x, y = rng.randrange(width - side), rng.randrange(height - side)
            patch = bytes(rng.randrange(256) for _ in range(3)) * side
            for row in rows[y:y + side]:
                row[3 * x:3 * (x + side)] = patch
        write_png(os.path.join(folder, f"{number:02}.png"), width, height, map(bytes, rows))


def pack(mcjepa, folder):
    """The shards of pictures and clips that the runs train on."""
    pictures, clips = os.path.join(folder, "pictures.shard"), os.path.join(folder, "clips.shard")
    draw_pictures(os.path.join(folder, "pictures"))
    os.makedirs(os.path.join(folder, "clips"))
    shutil.copy(SAMPLE, os.path.join(folder, "clips"))
    for kind, source, shard in (("--images", "pictures", pictures), ("--videos", "clips", clips)):
        subprocess.run([mcjepa, "pack", kind, os.path.join(folder, source), "-o", shard,
                        "--max-side", "160"], check=True, stdout=subprocess.DEVNULL)
    return ["--pictures", pictures, "--clips", clips]


def read_steps(run):
    """(the start line, the step lines) of a run's metrics."""
    with open(os.path.join(run, "metrics.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    steps = [line for line in lines if line.get("event") == "step"]
    starts = [line for line in lines if line.get("event") == "start"]
    return (starts[0] if starts else {}), steps


class Runs:
    def __init__(self, train, folder, shards):
        self.train, self.folder, self.shards = train, folder, shards

    def fit(self, recipe, processes):
        """The steps of a run in that many processes."""
        name = f"{recipe['precision']}_seed{recipe['seed']}_{processes}"
        path = os.path.join(self.folder, name + ".json")
        run = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(recipe, file)
        program = [self.train, "fit", "--recipe", path, "--run", run, *self.shards, "--device",
                   "cpu", "--threads", "1", "-q"]
        if processes == 1:
            job = subprocess.run(program, capture_output=True, text=True, timeout=300,
                                 env=mpi_job.environment())
        else:
            job = mpi_job.run(processes, program)
        if job.returncode != 0:
            sys.exit(f"FAILED: {name} ended with {job.returncode}:\n{job.stdout}{job.stderr}")
        start, steps = read_steps(run)
        if [line["step"] for line in steps] != list(range(recipe["steps"])):
            sys.exit(f"FAILED: {name} recorded the steps {[line['step'] for line in steps]}")
        if start.get("processes", processes) != processes:
            sys.exit(f"FAILED: {name} was trained by {start['processes']} processes")
        return steps


def losses(line):
    return {key: value for key, value in line.items() if key == "loss" or key.startswith("loss.")}


def difference(first, second):
    """The largest difference of a loss in any step (relative where it is above 1), and where."""
    worst = (0.0, "nowhere")
    for one, other in zip(first, second):
        if losses(one).keys() != losses(other).keys():
            sys.exit(f"FAILED: step {one['step']} has the losses {sorted(losses(one))} and "
                     f"{sorted(losses(other))}")
        for key, value in losses(one).items():
            gap = abs(value - other[key]) / max(1.0, abs(value))
            if not math.isfinite(gap):
                sys.exit(f"FAILED: {key} of step {one['step']} is no number")
            worst = max(worst, (gap, f"{key} of step {one['step']:.0f}"))
    return worst


def check_case(runs, precision, steps, bound):
    recipe = dict(RECIPE, precision=precision, steps=steps)
    alone = runs.fit(recipe, 1)
    kinds = losses(alone[-1])
    for wanted in ("motion", "vc", "covariance", "invariance"):
        if not any(wanted in key for key in kinds):
            sys.exit(f"FAILED: no loss of the recipe is called {wanted}: {sorted(kinds)}")
    # Other data has to show, or agreement would mean nothing.
    gap, place = difference(alone, runs.fit(dict(recipe, seed=4), 1))
    if gap < 100 * bound:
        sys.exit(f"FAILED: another seed changes the losses by {gap:.1e} only ({place})")
    passed = True
    for processes in (2, 4):
        gap, place = difference(alone, runs.fit(recipe, processes))
        good = gap <= bound
        passed = passed and good
        print(f"{'ok' if good else 'FAILED'}: {precision}, {steps} steps, {processes} processes: "
              f"{gap:.2e} of {bound:.0e} ({place})", flush=True)
    return passed


def main():
    mcjepa, train = (os.path.abspath(path) for path in sys.argv[1:3])
    mpi_job.command(1, [])  # skips where there is no mpirun
    with tempfile.TemporaryDirectory() as temporary:
        folder = temporary
        if len(sys.argv) > 3:
            folder = os.path.abspath(sys.argv[3])
            os.makedirs(folder)
        runs = Runs(train, folder, pack(mcjepa, folder))
        results = [check_case(runs, *case) for case in CASES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
