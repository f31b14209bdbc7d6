#!/usr/bin/env python3
"""What happens to a job of several processes when one of them fails or is told to stop.

    test_distributed_failure.py PROBE

Exit code 77 where there is no mpirun.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

import mpi_job

PROBE = sys.argv.pop(1) if len(sys.argv) > 1 else ""
PROCESSES = 3
# A job that hangs is one that is still there after this long; ending one takes about a second.
SOON_SECS = 30


class Job:
    """A running job of `distributed_probe steps` and what it has said so far."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(mpi_job.command(PROCESSES, [PROBE, "steps", *arguments]),
                                        env=mpi_job.environment(), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.errors = []
        self.readers = [threading.Thread(target=self.read, args=pair, daemon=True) for pair in
                        ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(stream, into):
        for line in stream:
            into.append(line.rstrip("\n"))
        stream.close()

    def said(self, word):
        """rank -> (pid, step) of the lines that begin with `word`."""
        pattern = re.compile(word + r" rank (\d+) pid (\d+) step (\d+)")
        found = filter(None, (pattern.match(line) for line in list(self.lines)))
        return {int(m[1]): (int(m[2]), int(m[3])) for m in found}

    def wait_for_start(self):
        deadline = time.monotonic() + 60
        while len(self.said("started")) < PROCESSES:
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.end()
                raise AssertionError("the job did not start: " + "\n".join(self.errors))
            time.sleep(0.05)
        return {rank: pid for rank, (pid, _) in self.said("started").items()}

    def end(self):
        """The exit code, or None where the job hangs; nothing is left running."""
        try:
            code = self.process.wait(SOON_SECS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        for reader in self.readers:
            reader.join(10)
        return code

    def error_text(self):
        return "\n".join(self.errors)


class Failures(unittest.TestCase):
    def test_killed_process_ends_the_job(self):
        job = Job()
        pids = job.wait_for_start()
        os.kill(pids[1], signal.SIGKILL)
        begin = time.monotonic()
        code = job.end()
        self.assertIsNotNone(code, "the job hangs")
        self.assertNotEqual(code, 0)
        self.assertLess(time.monotonic() - begin, 15)
        self.assertIn("rank 1", job.error_text())
        self.assertIn("signal 9", job.error_text())
        for pid in pids.values():
            self.assertFalse(os.path.exists(f"/proc/{pid}/exe"), "a process is left behind")

    def test_error_of_one_process_ends_the_job_with_its_message_and_code(self):
        job = Job("2")
        code = job.end()
        self.assertEqual(code, 3, job.error_text())
        text = job.error_text()
        self.assertEqual(text.count("a.shard: is damaged"), 1, text)
        self.assertIn("process 2 of 3", text)
        self.assertIn("Pack it again.", text)

    def test_error_of_all_processes_is_told_once(self):
        job = Job("0,1,2")
        self.assertEqual(job.end(), 3, job.error_text())
        self.assertEqual(job.error_text().count("a.shard: is damaged"), 1, job.error_text())

    def test_one_process_that_stops_stops_all_after_the_same_step(self):
        job = Job()
        pids = job.wait_for_start()
        os.kill(pids[2], signal.SIGTERM)
        self.assertEqual(job.end(), 5, job.error_text())
        stopped = job.said("stopped")
        self.assertEqual(sorted(stopped), list(range(PROCESSES)), job.lines)
        self.assertEqual(len({step for _, step in stopped.values()}), 1, job.lines)


class Starts(unittest.TestCase):
    """Without mpirun: what the environment promises is not there."""

    @staticmethod
    def start(**variables):
        return subprocess.run([PROBE, "check"], env=dict(mpi_job.environment(), **variables),
                              capture_output=True, text=True, timeout=60)

    def test_missing_library_is_named_with_what_to_do(self):
        job = self.start(PMI_SIZE="2", MCJ_MPI_LIBRARY="/nowhere/libmcj_mpi.so")
        self.assertEqual(job.returncode, 4, job.stderr)
        self.assertIn("/nowhere/libmcj_mpi.so", job.stderr)
        self.assertIn("--distributed none", job.stderr)

    def test_processes_that_do_not_find_each_other_do_not_train_alone(self):
        job = self.start(MV2_COMM_WORLD_SIZE="3")
        self.assertEqual(job.returncode, 4, job.stderr)
        self.assertIn("started 3 processes, but MPI sees 1", job.stderr)


if __name__ == "__main__":
    mpi_job.command(1, [])  # skips where there is no mpirun
    unittest.main()
