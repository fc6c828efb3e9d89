# SPDX-License-Identifier: Apache-2.0
"""The fault suite: whatever goes wrong upstream, the adapter must never answer with a wrong number.

Every check puts one fault in front of one or more requests and grades what comes out:

    ok            an outcome that the check accepts, and right numbers again as soon as the fault is gone
    wrong-number  a list with an item that is not accepted: zero, garbage, a number of another object
    crash         the process died
    hang          no answer in time, or none any more after the fault has gone
    other         everything else: a dropped connection, an answer that is no list, numbers that stay away, numbers of
                  before the fault, an old number that looks fresh
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

from .adapter import Reply, StartError, json_or_none
from .fixture import Fixtures
from .report import FAIL, PASS, SKIP, Report, Result
from .wire import expand
from .world import Bench, World

Check = dict[str, Any]
Verdict = tuple[str, list[str]]

_RECOVERY_SECONDS = 10.0
_LIMIT_SECONDS = 20.0


def run(bench: Bench, report: Report, table: dict[str, Any]) -> None:
    fixtures = Fixtures(table)
    chosen = [(check, request) for check in table["checks"] for request in check["requests"]
              if report.wants(f"{check['id']}/{request}") or report.wants(check["id"])]
    shared = [(c, r) for c, r in chosen if "series" not in c and not c.get("from_start")]
    for name in sorted({check.get("fixture", "main") for check, _ in shared}):
        _run_fixture(bench, report, fixtures, table, name,
                     [(c, r) for c, r in shared if c.get("fixture", "main") == name])
    for check, request in chosen:
        if check.get("from_start"):
            _run_from_start(bench, report, fixtures, table, check, request)
    for check in table["checks"]:
        requests = [r for c, r in chosen if c is check]
        if "series" in check and requests:
            _run_discovery(bench, report, fixtures, table, check, requests)


def _skipped(bench: Bench, report: Report, check: Check, request: str) -> bool:
    missing = bench.settings.lacks.intersection(check.get("needs", []))
    if missing:
        report.add(Result("faults", f"{check['id']}/{request}", check["title"], SKIP,
                          note="lacks " + ", ".join(sorted(missing))))
    return bool(missing)


def _add(report: Report, check: Check, request: str, verdict: Verdict, seconds: float) -> None:
    grade, lines = verdict
    report.add(Result("faults", f"{check['id']}/{request}", check["title"], PASS if grade == "ok" else FAIL, lines,
                      grade, seconds))


# -- faults of queries ----------------------------------------------------------------------------------------


def _run_fixture(bench: Bench, report: Report, fixtures: Fixtures, table: dict[str, Any], name: str,
                 chosen: list[tuple[Check, str]]) -> None:
    chosen = [(c, r) for c, r in chosen if not _skipped(bench, report, c, r)]
    while chosen:  # a dead adapter is started again for the checks that are left
        with fixtures.open(bench, name, "faults") as world:
            try:
                fixtures.launch(world, name)
            except StartError as problem:
                for check, request in chosen:
                    _add(report, check, request, ("other", str(problem).splitlines()), 0)
                return
            while chosen and world.adapter.alive:
                check, request = chosen.pop(0)
                start = time.monotonic()
                verdict = _judge(world, check, table["requests"][request], request)
                _add(report, check, request, verdict, time.monotonic() - start)
        report.after("faults", name, world.aftermath(), "")


def _judge(world: World, check: Check, request: dict[str, Any], name: str) -> Verdict:
    before = _healthy_before(world, request)
    if before:
        return before
    with world.scripted(check.get("fault"), check.get("kube", [])):
        reply = _ask(world, request, check.get("query", ""), check.get("limit", _LIMIT_SECONDS))
        verdict = _grade(world, check, name, reply, request["healthy"])
    if verdict[0] in ("crash", "hang", "wrong-number"):
        return verdict
    leftover = _leftover(world, request, check.get("after", 0.0))
    return leftover or _recover(world, request, verdict, check.get("recovery", _RECOVERY_SECONDS))


def _leftover(world: World, request: dict[str, Any], seconds: float) -> Verdict | None:
    """For so many seconds after the fault no number of it may turn up, in the first answer neither."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        reply = _ask(world, request)
        items = _items(reply) or {}
        if any(request["healthy"].get(name) != value for name, value in items.items()):
            return "wrong-number", [f"after the fault: expected {request['healthy']}", f"got {reply.brief()}"]
        time.sleep(0.05)
    return None


def _run_from_start(bench: Bench, report: Report, fixtures: Fixtures, table: dict[str, Any], check: Check,
                    name: str) -> None:
    """The fault is there before the adapter is; for `during` seconds every answer must be one that the check accepts.
    Then it goes away, and the right numbers must come."""
    if _skipped(bench, report, check, name):
        return
    start = time.monotonic()
    fixture = check.get("fixture", "main")
    with fixtures.open(bench, fixture, "faults") as world:
        try:
            verdict = _judge_from_start(world, fixtures, fixture, check, table["requests"][name], name)
        except StartError as problem:
            verdict = "other", str(problem).splitlines()
    _add(report, check, name, verdict, time.monotonic() - start)
    report.after("faults", f"{check['id']}/{name}", world.aftermath(), "")


def _judge_from_start(world: World, fixtures: Fixtures, fixture: str, check: Check, request: dict[str, Any],
                      name: str) -> Verdict:
    with world.scripted(check.get("fault"), check.get("kube", [])):
        fixtures.launch(world, fixture)
        deadline = time.monotonic() + check.get("during", 1.0)
        while True:
            reply = _ask(world, request, check.get("query", ""), check.get("limit", _LIMIT_SECONDS))
            verdict = _grade(world, check, name, reply, request["healthy"])
            if verdict[0] != "ok" or time.monotonic() > deadline:
                break
            time.sleep(0.1)
    if verdict[0] in ("crash", "hang", "wrong-number"):
        return verdict
    return _recover(world, request, verdict, check.get("recovery", _RECOVERY_SECONDS))


def _healthy_before(world: World, request: dict[str, Any]) -> Verdict | None:
    """Right numbers first: the fault must hit an adapter that works, and has something to remember."""
    reply = _ask(world, request)
    items = _items(reply)
    if items and items != request["healthy"]:
        return "wrong-number", [f"without any fault: expected {request['healthy']}", f"got {reply.brief()}"]
    verdict = ("ok", []) if items else _recover(world, request, seconds=3)
    return None if verdict[0] == "ok" else (verdict[0], ["before the fault:", *verdict[1]])


def _ask(world: World, request: dict[str, Any], query: str = "", limit: float = _LIMIT_SECONDS) -> Reply:
    path = expand(request["path"])
    if query:
        path += ("&" if "?" in path else "?") + query
    return world.client.request("GET", path, who="admin", timeout=limit)


def _recover(world: World, request: dict[str, Any], verdict: Verdict = ("ok", []),
             seconds: float = _RECOVERY_SECONDS) -> Verdict:
    """With the fault gone the right numbers must come back."""
    last = Reply()

    healthy: dict[str, str] = request["healthy"]

    def right() -> bool:
        nonlocal last
        last = _ask(world, request)
        return _items(last) == healthy

    if world.until(right, seconds, 0.2):
        return verdict
    lines = [*verdict[1], f"after the fault: expected {healthy}, got {last.brief()}"]
    if not world.adapter.alive:
        return "crash", [*lines, *world.adapter.log_tail().splitlines()]
    return ("hang" if last.problem == "timed out" else "other") if verdict[0] == "ok" else verdict[0], lines


def _grade(world: World, check: Check, name: str, reply: Reply, healthy: dict[str, str]) -> Verdict:
    accepted = check.get("accept_for", {}).get(name, check["accept"])
    lines = [f"expected {_words(accepted)}", f"got {reply.brief()}"]
    if not world.adapter.alive:
        return "crash", [*lines, f"exit status {world.adapter.exit_status}", *world.adapter.log_tail().splitlines()]
    if reply.problem:
        return ("hang" if reply.problem == "timed out" else "other"), lines
    if reply.status >= 400:
        return ("ok", []) if "error" in accepted else ("other", lines)
    items = _items(reply)
    if reply.status != 200 or items is None:
        return "other", lines
    if not items and "empty" in accepted:
        return "ok", []
    choices = [choice for choice in accepted if isinstance(choice, dict) and _fits(choice, items)]
    if any(_oldest(reply) >= choice.get("$age", 0) for choice in choices):
        return "ok", []
    if items == healthy:
        return "other", [*lines, "these are the numbers of before the fault"]
    return "wrong-number" if items and not choices else "other", lines


def _items(reply: Reply) -> dict[str, str] | None:
    """Values by object (external: by the label pod); None if the answer is no list."""
    document = json_or_none(reply)
    if reply.status != 200 or not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return None
    found: dict[str, str] = {}
    for item in document["items"]:
        labels = item.get("metricLabels")
        name = (labels or {}).get("pod", "") if "metricLabels" in item else \
            (item.get("describedObject") or {}).get("name", "")
        if name in found:  # two items for one object are no right answer in any check
            name += "+"
        found[name] = str(item.get("value"))
    return found


def _fits(choice: dict[str, Any], items: dict[str, str]) -> bool:
    """Whether exactly the objects of `choice` are there, each with an acceptable value."""
    wanted = {name: value for name, value in choice.items() if not name.startswith("$")}
    if set(wanted) != set(items):
        return False
    for name, value in wanted.items():
        if isinstance(value, dict):
            if not value["min"] <= quantity(items[name]) <= value.get("max", 9.2e15):
                return False
        elif items[name] not in (value if isinstance(value, list) else [value]):
            return False
    return True


def _oldest(reply: Reply) -> float:
    """The age of the oldest timestamp of a list."""
    ages = [0.0]
    for item in (json_or_none(reply) or {}).get("items", []):
        try:
            stamp = datetime.strptime(str(item.get("timestamp")), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
            ages.append(time.time() - stamp.timestamp())
        except ValueError:
            pass
    return max(ages)


def quantity(text: str) -> float:
    """The number that a quantity stands for; not-a-number for text that is none."""
    scale = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
    factor = scale.get(text[-1:], 1.0)
    try:
        return float(text[:-1] if text[-1:] in scale else text) * factor
    except ValueError:
        return float("nan")


def _words(accepted: list[Any]) -> str:
    names = {"error": "an error status", "empty": "an empty list"}
    return " or ".join(names.get(a, "") if isinstance(a, str) else f"items {a}" for a in accepted)


# -- faults of discovery --------------------------------------------------------------------------------------


def _run_discovery(bench: Bench, report: Report, fixtures: Fixtures, table: dict[str, Any], check: Check,
                   requests: list[str]) -> None:
    """`series` is what the rule `bad` gets for its series request.

    at-start: the fault is there from the start; then it goes away, and the rule's metric must appear.
    later:    the fault comes after a good start; the metrics that were there must not turn into wrong ones.

    A request that hangs goes on hanging after the fault is gone, as it would on a network; only new ones are answered.
    """
    for request in requests:
        if _skipped(bench, report, check, request):
            continue
        start = time.monotonic()
        name = check.get("fixture", "discovery")
        with fixtures.open(bench, name, "faults") as world:
            try:
                judge = _judge_start if request == "at-start" else _judge_later
                verdict = judge(world, fixtures, table, check, name)
            except StartError as problem:
                verdict = "other", str(problem).splitlines()
        _add(report, check, request, verdict, time.monotonic() - start)


def _break(world: World, table: dict[str, Any], check: Check) -> Any:
    """Put the fault in; returns what heals it."""
    bad = table["bad_series_query"]
    good = world.prometheus.series_by_query[bad]
    if isinstance(check["series"], dict) and check["series"].get("refuse"):
        world.prometheus.stop()
    else:
        world.prometheus.series_by_query[bad] = check["series"]

    def heal() -> None:
        world.prometheus.series_by_query[bad] = good
        if world.prometheus.stopped:
            world.prometheus.start()
    return heal


def _look(world: World, table: dict[str, Any], phase: str) -> Verdict | None:
    """The parts that must hold while the fault lasts; None if they do."""
    listing = world.client.request("GET", expand(table["version_path"]), who="admin", timeout=5)
    if not world.adapter.alive:
        return "crash", [f"{phase}: exit status {world.adapter.exit_status}", *world.adapter.log_tail().splitlines()]
    if listing.problem:
        return "hang", [f"{phase}: the version document: {listing.brief()}"]
    if listing.status != 200:
        return "other", [f"{phase}: the version document: expected 200, got {listing.brief()}"]
    for name in ("good", "bad"):
        request = table["requests"][name]
        reply = _ask(world, request)
        if reply.problem:
            return "hang", [f"{phase}: {name} metric: {reply.brief()}"]
        items = _items(reply)
        if reply.status == 200 and items and items != request["healthy"]:
            return "wrong-number", [f"{phase}: {name} metric: expected {request['healthy']} or an error, "
                                    f"got {reply.brief()}"]
    return None


def _judge_start(world: World, fixtures: Fixtures, table: dict[str, Any], check: Check, name: str) -> Verdict:
    heal = _break(world, table, check)
    world.launch(world.flags(fixtures.get(name)["config"], relist="1s", max_age="1m"))
    time.sleep(1.0)
    found = _look(world, table, "with the fault")
    if found:
        return found
    heal()
    return _recover(world, table["requests"]["bad"], seconds=check.get("recovery", _RECOVERY_SECONDS))


def _judge_later(world: World, fixtures: Fixtures, table: dict[str, Any], check: Check, name: str) -> Verdict:
    world.launch(world.flags(fixtures.get(name)["config"], relist="1s", max_age="1m"))
    begin = _recover(world, table["requests"]["bad"])
    if begin[0] != "ok":
        return begin[0], ["before the fault:", *begin[1]]
    heal = _break(world, table, check)
    for _ in range(3):
        time.sleep(0.8)
        found = _look(world, table, "with the fault")
        if found:
            return found
    heal()
    for metric in ("bad", "good"):
        verdict = _recover(world, table["requests"][metric], seconds=check.get("recovery", _RECOVERY_SECONDS))
        if verdict[0] != "ok":
            return verdict
    return "ok", []
