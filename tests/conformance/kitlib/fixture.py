# SPDX-License-Identifier: Apache-2.0
"""Starting a world from the `fixtures` of a table, and running the checks that ask for it."""

from __future__ import annotations

import time
from typing import Any, Callable

from .adapter import StartError
from .cluster import DEFAULT_ACCESS
from .prometheus import answer_from
from .report import FAIL, PASS, SKIP, Report, Result
from .world import Bench, World, access_rules

Check = dict[str, Any]
Judge = Callable[[World, Check], list[str]]  # what is wrong with the adapter's answer to a check


class Fixtures:
    """The named fixtures of a table. A fixture may extend another one; lists and objects are replaced, not merged."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.cluster: list[dict[str, Any]] = table["cluster"]
        self._named: dict[str, dict[str, Any]] = table["fixtures"]

    def get(self, name: str) -> dict[str, Any]:
        own = self._named[name]
        return {**self.get(own["extends"]), **own} if "extends" in own else own

    def open(self, bench: Bench, name: str, suite: str) -> World:
        """A world with its fakes set up; not launched yet."""
        fixture = self.get(name)
        world = World(bench, f"{suite}-{name}", self.cluster)
        prometheus, kube = world.prometheus, world.kube
        prometheus.series = fixture.get("series", [])
        prometheus.series_by_query = dict(fixture.get("series_by_query", {}))
        prometheus.by_text = [(text, answer_from(spec)) for text, spec in fixture.get("answers", [])]
        for thing in fixture.get("objects", []):
            kube.add(**thing)
        kube.faults = [(path, answer_from(spec)) for path, spec in fixture.get("kube_faults", [])]
        kube.access = access_rules(fixture.get("access", [])) + DEFAULT_ACCESS
        if kube.configmap is not None:
            for key, value in fixture.get("configmap", {}).items():
                if value is None:
                    kube.configmap.pop(key, None)
                else:
                    kube.configmap[key] = value
        return world

    def launch(self, world: World, name: str) -> None:
        """Start the adapter and wait until it has discovered what it can."""
        fixture = self.get(name)
        url = fixture.get("prometheus_url", "").replace("$prometheus", world.prometheus.authority)
        world.launch(world.flags(fixture["config"], url or None, fixture.get("relist", "10m"),
                                 fixture.get("max_age", "10m"), fixture.get("args", [])))
        if "prometheus" in world.settings.lacks:
            return
        world.wait_discovered(fixture.get("series_queries"))
        for version, entry in fixture.get("ready", []):
            def there(version: str = version, entry: str = entry) -> bool:
                listed = world.listed(version)
                return not isinstance(listed, str) and entry in listed
            world.until(there, min(3.0, world.settings.discovery_timeout), 0.1)


# -- checks that run in a fixture -----------------------------------------------------------------------------


def run_checks(bench: Bench, report: Report, table: dict[str, Any], suite: str, judge: Judge) -> None:
    """Run the wanted checks of a table, all of one fixture on one adapter."""
    fixtures = Fixtures(table)
    chosen: dict[str, list[Check]] = {}
    for check in table["checks"]:
        if not report.wants(check["id"]):
            continue
        missing = bench.settings.lacks.intersection(check.get("needs", []))
        if missing:
            report.add(Result(suite, check["id"], check["title"], SKIP, note="lacks " + ", ".join(sorted(missing))))
            continue
        chosen.setdefault(check.get("fixture", "main"), []).append(check)
    for name, checks in chosen.items():
        with fixtures.open(bench, name, suite) as world:
            failed = _run_in(world, report, fixtures, name, checks, suite, judge)
        tail = world.adapter.log_tail(bench.settings.log_lines) if failed else ""
        report.after(suite, name, world.aftermath(), tail)


def _run_in(world: World, report: Report, fixtures: Fixtures, name: str, checks: list[Check], suite: str,
            judge: Judge) -> bool:
    """Whether a check failed in a way that the adapter's log may explain."""
    try:
        fixtures.launch(world, name)
    except StartError as problem:
        for check in checks:
            report.add(Result(suite, check["id"], check["title"], FAIL, str(problem).splitlines()))
        return False
    failed = False
    for check in checks:
        started = time.monotonic()
        if failed and not world.adapter.alive:
            problems = ["the adapter is dead"]
        else:
            try:
                problems = judge(world, check)
            except Exception as problem:  # an answer so odd that the kit trips over it is a failure as well
                problems = [f"the check could not read the answer: {type(problem).__name__}: {problem}"]
            if not world.adapter.alive:
                problems.append(f"the adapter died, exit status {world.adapter.exit_status}")
        report.add(Result(suite, check["id"], check["title"], FAIL if problems else PASS, problems,
                          seconds=time.monotonic() - started))
        failed = failed or bool(problems)
    return failed
