#!/usr/bin/env python3
"""Peak memory of `mcjepa analyze` on a long clip and on its beginning: one JSON line a run.

    bench_memory.py [--mcjepa PROGRAM] [--frames 500 5000] [--size 192x128] [--method model]

Every map is computed and written as a picture, and the flow as a video. Exit code 1 when the
longest clip needs more than 5 % above the shortest.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ALLOWED = 1.05


def make_clip(path, size, frames):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
                    f"testsrc2=size={size}:rate=30", "-frames:v", str(frames), "-c:v", "libx264",
                    "-pix_fmt", "yuv420p", path], check=True)


def peak_of(command):
    """Runs `command`; its highest resident set in MiB and its seconds."""
    begin = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"error: {' '.join(command)}: status {status}\n{errors}")
    return usage.ru_maxrss / 1024, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mcjepa", default=os.path.join(HERE, "../../build/release/bin/mcjepa"))
    parser.add_argument("--frames", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--size", default="192x128")
    parser.add_argument("--method", default="model")
    options = parser.parse_args()
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for frames in sorted(options.frames):
            clip = os.path.join(folder, f"{frames}.mp4")
            make_clip(clip, options.size, frames)
            out = os.path.join(folder, f"out{frames}")
            peak, seconds = peak_of([options.mcjepa, "analyze", clip, "-o", out, "--quiet",
                                     "--method", options.method, "--maps", "all", "--format",
                                     "png", "--overlay", out + ".mp4"])
            peaks.append(peak)
            width, height = options.size.split("x")
            print(json.dumps({"name": "analyze_memory", "device": "cpu", "engine": "mcjepa",
                              "method": options.method,
                              "shape": [frames, int(height), int(width)],
                              "peak_mib": round(peak, 1), "seconds": round(seconds, 1)}),
                  flush=True)
    print(json.dumps({"name": "analyze_memory_growth", "ratio": round(peaks[-1] / peaks[0], 4)}))
    return 0 if peaks[-1] <= ALLOWED * peaks[0] else 1


if __name__ == "__main__":
    sys.exit(main())
