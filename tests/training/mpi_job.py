"""Starts programs under mpirun for the tests of training in several processes.

Standard library only. Everything stays on this machine and on the loopback interface, so that it
also runs in a container without a network, as root, and with more processes than cores.
"""

import os
import shutil
import subprocess
import sys

SKIP = 77

# ob1 over shared memory and the loopback interface alone; no daemons elsewhere.
LOCAL = ["--oversubscribe", "--bind-to", "none",
         "--mca", "pml", "ob1", "--mca", "btl", "self,vader",
         "--mca", "plm", "isolated", "--mca", "oob_tcp_if_include", "lo",
         # Who waits lets the others compute.
         "--mca", "mpi_yield_when_idle", "1"]


def environment():
    """This process's, for root in a container and for many processes on few cores."""
    return dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                OMP_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE")


def command(processes, program):
    """The words that start `program` (a list) in that many processes."""
    found = shutil.which("mpirun")
    if found is None:
        print("skipped: there is no mpirun on this machine (Debian: openmpi-bin)")
        sys.exit(SKIP)
    version = subprocess.run([found, "--version"], capture_output=True, text=True,
                             env=environment())
    if "Open MPI" not in version.stdout:
        print(f"skipped: {found} is not Open MPI's, whose options these tests use")
        sys.exit(SKIP)
    return [found, "-np", str(processes), *LOCAL, *program]


def run(processes, program, timeout_secs=300):
    """The finished job, with its output as text."""
    return subprocess.run(command(processes, program), env=environment(), capture_output=True,
                          text=True, timeout=timeout_secs)
