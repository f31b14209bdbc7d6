#!/usr/bin/env python3
"""How many times as fast: joins the JSON lines of two benchmark runs by name and shape.

    ratios.py REFERENCE.jsonl OURS.jsonl [--at-least NAME=RATIO ...]

Exit code 1 when a ratio asked for is missed or cannot be formed.
"""

import argparse
import json
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file if line.startswith("{")]
    return {(line["name"], tuple(line["shape"])): line for line in lines}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference")
    parser.add_argument("ours")
    parser.add_argument("--at-least", action="append", default=[], metavar="NAME=RATIO")
    options = parser.parse_args()
    reference, ours = read(options.reference), read(options.ours)
    found, missed = {}, []
    for key in sorted(reference.keys() & ours.keys()):
        a, b = reference[key], ours[key]
        ratio = a["median_ms"] / b["median_ms"]
        found[key[0]] = min(ratio, found.get(key[0], ratio))
        note = "" if a.get("threads") == b.get("threads") else \
            f"   (threads differ: {a.get('threads')} and {b.get('threads')})"
        print(f"{key[0]:20} {str(list(key[1])):24} {a['median_ms']:10.2f} ms "
              f"{b['median_ms']:10.2f} ms {ratio:8.2f} times{note}")
    for wish in options.at_least:
        name, bound = wish.split("=")
        if found.get(name, 0) < float(bound):
            missed.append(f"{name}: {found.get(name, 'not measured by both')}, wanted {bound}")
    for line in missed:
        print("missed:", line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
