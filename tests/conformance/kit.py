#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Black-box conformance kit for Kubernetes custom-metrics API servers. See README.md."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from typing import Any

from kitlib import faults, reasons, vectors, wire
from kitlib.report import Report
from kitlib.world import Bench, Settings, load

HERE = Path(__file__).resolve().parent
SUITES = ("vectors", "wire", "faults", "reasons")


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary", nargs="?", help="the adapter to test; it must take prometheus-adapter's flags")
    parser.add_argument("--suite", choices=(*SUITES, "all"), default="all")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN",
                        help="run only checks whose id fits this shell pattern (repeatable)")
    parser.add_argument("--profile", choices=("ours", "upstream"), default="ours",
                        help="whose answers to expect where both differ on purpose (default: ours)")
    parser.add_argument("--suite-file", action="append", default=[], type=Path, metavar="PATH",
                        help="one more table of checks (repeatable)")
    parser.add_argument("--no-standard", action="store_true", help="leave out the tables that come with the kit")
    parser.add_argument("--extra-arg", action="append", default=[], metavar="ARG",
                        help="passed on to the adapter, after the kit's own flags (repeatable)")
    parser.add_argument("--lacks", action="append", default=[], metavar="FEATURE",
                        help="skip checks that need FEATURE: prometheus, resource-metrics, slow ... (repeatable)")
    parser.add_argument("--kube-scheme", choices=("https", "http"), default="https",
                        help="how the fake kube-apiserver is served (default: https)")
    parser.add_argument("--start-timeout", type=float, default=30.0, metavar="SECONDS",
                        help="how long the adapter may take to become ready (default: 30)")
    parser.add_argument("--discovery-timeout", type=float, default=10.0, metavar="SECONDS",
                        help="how long it may take to ask for its series (default: 10)")
    parser.add_argument("--verbosity", type=int, default=2, metavar="N", help="the adapter's --v (default: 2)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="adapters run side by side (default: 2)")
    parser.add_argument("--shard", default="0/1", metavar="I/N",
                        help="run only part I (from 0) of N of the faults and reasons, so that N kits share the work (default: 0/1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results as JSON")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="copy logs and configurations there")
    parser.add_argument("--log-lines", type=int, default=6, metavar="N",
                        help="last lines of the adapter's log to print after failures (default: 6)")
    parser.add_argument("--list", action="store_true", help="print the ids and titles of the checks, run nothing")
    parser.add_argument("--quiet", action="store_true", help="do not print skipped checks")
    options = parser.parse_args(argv)
    if not options.binary and not options.list:
        parser.error("which adapter?")
    return options


def main(argv: list[str]) -> int:
    options = parse_arguments(argv)
    settings = Settings(
        binary=options.binary, profile=options.profile, extra_args=options.extra_arg,
        kube_scheme=options.kube_scheme, verbosity=options.verbosity, start_timeout=options.start_timeout,
        discovery_timeout=options.discovery_timeout, keep=options.keep, lacks=set(options.lacks),
        log_lines=options.log_lines)
    suites = SUITES if options.suite == "all" else (options.suite,)
    report = Report(options.only, options.quiet)
    if options.list:
        return list_checks(suites, options, report)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the adapter is stopped on the way out
    bench = Bench(settings)
    start = time.monotonic()
    try:
        for suite in suites:
            for table in tables(suite, options):
                run_suite(suite, table, bench, report, options.jobs)
    finally:
        bench.close()
    report.fault_table()
    report.note("")
    report.note(f"profile {settings.profile}, {time.monotonic() - start:.0f} s")
    report.note(report.summary())
    if options.json:
        report.write_json(options.json, {"binary": options.binary, "profile": options.profile, "suites": suites})
    return 1 if report.count("fail") or not report.results else 0


def tables(suite: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The standard table of a suite, and what the extra files have for it.

    An extra file is a table itself (it says which `suite` it is of), or has one per suite under the suite's name.
    What it leaves out (cluster, requests) is taken from the standard table, and its fixtures are added to those.
    """
    standard = load(HERE / f"{suite}.json")
    found = [] if options.no_standard else [standard]
    for path in options.suite_file:
        document = load(path)
        part = document if document.get("suite") == suite else document.get(suite)
        if isinstance(part, dict):
            fixtures = {**standard.get("fixtures", {}), **part.get("fixtures", {})}
            found.append({**standard, **part, "fixtures": fixtures})
    return [shard(table, options.shard) for table in found] if suite in ("faults", "reasons") else found


def shard(table: dict[str, Any], which: str) -> dict[str, Any]:
    """Every Nth request of the checks of a fault table, or every Nth check of another."""
    part, parts = map(int, which.split("/"))
    single = [{**check, "requests": [request]} for check in table["checks"] for request in check["requests"]] \
        if table["suite"] == "faults" else table["checks"]
    return {**table, "checks": single[part::parts]}


def list_checks(suites: tuple[str, ...], options: argparse.Namespace, report: Report) -> int:
    for suite in suites:
        for table in tables(suite, options):
            for check in table["vectors" if suite == "vectors" else "checks"]:
                if report.wants(check["id"]):
                    report.note(f"{suite:<8} {check['id']:<24} {check['title']}")
    return 0


def run_suite(suite: str, table: dict[str, Any], bench: Bench, report: Report, jobs: int) -> None:
    if suite == "vectors":
        vectors.run(bench, report, vectors.Tables(table), jobs)
    else:
        {"wire": wire, "faults": faults, "reasons": reasons}[suite].run(bench, report, table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
