#!/usr/bin/env python3
"""Runs distributed_probe's checks in several processes.

    run_distributed.py PROBE PROCESSES

Sums, gathers, broadcasts and gradients of all processes against those of one; exit code 77 where
there is no mpirun.
"""

import sys

import mpi_job


def main():
    probe, processes = sys.argv[1], int(sys.argv[2])
    job = mpi_job.run(processes, [probe, "check"])
    print(job.stdout + job.stderr)
    # Processes that each train alone would pass every check.
    if f"of {processes} (" not in job.stdout:
        print(f"FAILED: the processes did not find each other: {processes} were started")
        return 1
    return job.returncode


if __name__ == "__main__":
    sys.exit(main())
