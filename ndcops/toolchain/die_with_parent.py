"""Runs a program that dies when the process that started it is killed; go_command.py starts it as a script.

kill -9 of ndcops must not leave a compiler running for minutes. A script of its own, since Python's
preexec_fn may deadlock in a process with threads. Arguments: the parent's pid, then the program's.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Ask the kernel for SIGKILL at the parent's death, then become the program."""
    parent_pid, *program = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent_pid):
        # It died before the request above: no signal will come any more.
        sys.exit(137)
    os.execv(program[0], program)  # noqa: S606 - becoming go is what this script is for


if __name__ == "__main__":
    main()
