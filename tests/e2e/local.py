#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/local/run on a terminal: its table, a Prometheus that hangs, and a terminal that changes its size.

The last line reads `N passed, N failed`.
"""
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Demonstration:
    def __init__(self):
        self.shown = ""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execv(ROOT / "deploy/local/run", ["run", f"--server={ROOT}/build/release/gaugelet"])
        self.size(40, 120)

    def size(self, lines, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read_until(self, pattern, seconds):
        """What was shown since the last call, up to the pattern; None: it did not come in time."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.shown, re.DOTALL)
            if found:
                before, self.shown = self.shown[: found.end()], self.shown[found.end():]
                return before
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                return None
            try:
                self.shown += os.read(self.terminal, 65536).decode(errors="replace")
            except OSError:  # it has ended
                return None

    def child(self, name):
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                after = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(after[1]) == self.pid and (entry / "comm").read_text().strip() == name:
                    return int(entry.name)
            except OSError:
                continue
        raise LookupError(name)

    def end(self):
        os.kill(self.pid, signal.SIGINT)
        self.read_until("\0never", 15)
        return os.waitpid(self.pid, 0)[1]


def main():
    passed = failed = 0

    def check(name, good, why=""):
        nonlocal passed, failed
        passed += bool(good)
        failed += not good
        if not good:
            print(f"FAILED  {name}: {why}", flush=True)
        elif "-v" in sys.argv:
            print("ok     ", name)

    demonstration = Demonstration()
    row = r"vllm:num_requests\S*\s+vllm-inference-0\s+11\s+11\b"
    check("the table", demonstration.read_until(row, 120), demonstration.shown[-2000:])
    prometheus = demonstration.child("prometheus")
    os.kill(prometheus, signal.SIGSTOP)
    frozen = time.monotonic()
    shown = demonstration.read_until(r"fix: .*\[timeout\]", 10)
    took = time.monotonic() - frozen
    check("a Prometheus that hangs: the reason is gaugelet's", shown, demonstration.shown[-2000:])
    check("it is there within 5 s", took < 5, f"{took:.1f} s")
    demonstration.size(30, 60)
    shown = demonstration.read_until(r"\033\[2J\033\[H.*METRIC.*\033\[J", 10)
    check("a resize: the screen is drawn anew", shown, demonstration.shown[-2000:])
    lines = re.sub(r"\033\[[0-9]*[A-Za-z]", "", (shown or "").rpartition("\033[2J")[2]).splitlines()
    check("no line is wider than the terminal", max(map(len, lines), default=99) <= 60, lines)
    os.kill(prometheus, signal.SIGCONT)
    check("numbers again", demonstration.read_until(row, 30),
          demonstration.shown[-2000:])
    status = demonstration.end()
    check("Ctrl-C ends it", os.WIFEXITED(status) and os.WEXITSTATUS(status) == 130, status)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
