# SPDX-License-Identifier: Apache-2.0
"""Collecting results and printing them."""

from __future__ import annotations

import fnmatch
import json
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

PASS, FAIL, SKIP = "pass", "fail", "skip"


@dataclass
class Result:
    """The outcome of one check."""

    suite: str
    id: str
    title: str
    outcome: str
    problems: list[str] = field(default_factory=list)
    grade: str = ""  # the fault suite's verdict
    seconds: float = 0.0
    note: str = ""


class Report:
    """All results of a run. Failures are printed as they come."""

    def __init__(self, patterns: list[str], quiet: bool = False, out: TextIO = sys.stdout) -> None:
        self._patterns = patterns
        self._quiet = quiet
        self._out = out
        self._lock = threading.Lock()
        self.results: list[Result] = []

    def wants(self, check_id: str) -> bool:
        """Whether --only lets this check run."""
        return not self._patterns or any(fnmatch.fnmatchcase(check_id, p) or check_id == p for p in self._patterns)

    def add(self, result: Result) -> None:
        with self._lock:
            self.results.append(result)
            if result.outcome == FAIL:
                self._print(f"FAIL {result.suite} {result.id}: {result.title}"
                            + (f" [{result.grade}]" if result.grade else ""))
                for problem in result.problems:
                    self._print(f"     {problem}")
            elif not self._quiet and result.outcome == SKIP:
                self._print(f"skip {result.suite} {result.id}: {result.note}")

    def after(self, suite: str, name: str, aftermath: list[str], log_tail: str) -> None:
        """At the end of a run of the adapter: what nobody saw until now, and its last words if a check failed."""
        for line in aftermath:
            self.add(Result(suite, f"{name}+log", "no alarm in the log, no crash while stopping", FAIL, [line]))
        if log_tail:
            self.note(f"     the adapter's last words ({suite}, {name}):\n{log_tail}")

    def failures(self, suite: str) -> int:
        with self._lock:
            return sum(1 for r in self.results if r.suite == suite and r.outcome == FAIL)

    def note(self, text: str) -> None:
        with self._lock:
            self._print(text)

    def _print(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def count(self, outcome: str) -> int:
        return sum(1 for r in self.results if r.outcome == outcome)

    def fault_table(self) -> None:
        """One line per fault, one column per kind of request: for comparing adapters."""
        rows: dict[str, dict[str, str]] = {}
        for r in self.results:
            if r.suite == "faults" and r.grade:
                fault, _, request = r.id.partition("/")
                rows.setdefault(fault, {})[request] = r.grade
        for columns in (("name", "list", "external"), ("at-start", "later")):
            here = {fault: row for fault, row in rows.items() if set(row) & set(columns)}
            if here:
                self._print("")
                self._print("fault".ljust(28) + "".join(c.ljust(14) for c in columns))
                for fault, row in sorted(here.items()):
                    self._print(fault.ljust(28) + "".join(row.get(c, "-").ljust(14) for c in columns).rstrip())
        grades: dict[str, int] = {}
        for row in rows.values():
            for grade in row.values():
                grades[grade] = grades.get(grade, 0) + 1
        if grades:
            self._print("grades: " + ", ".join(f"{grade} {n}" for grade, n in sorted(grades.items())))

    def summary(self) -> str:
        return f"{self.count(PASS)} passed, {self.count(FAIL)} failed, {self.count(SKIP)} skipped"

    def write_json(self, path: Path, settings: dict[str, Any]) -> None:
        document = {
            "settings": settings,
            "passed": self.count(PASS), "failed": self.count(FAIL), "skipped": self.count(SKIP),
            "results": [vars(r) for r in sorted(self.results, key=lambda r: (r.suite, r.id))]}
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
