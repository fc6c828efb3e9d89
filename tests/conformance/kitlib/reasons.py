# SPDX-License-Identifier: Apache-2.0
"""The reasons suite: every refusal says what is wrong and how to fix it.

Every check is a fixture of its own with one request, so that no cache and no memory of an earlier fault stands before
the reason that it looks for. It looks for facts (names, numbers and places of its own input), never for a wording.
"""

from __future__ import annotations

import re
from typing import Any

from .adapter import Reply, json_or_none
from .cluster import ADAPTER_TOKEN
from .fixture import Check, run_checks
from .report import Report
from .wire import expand
from .world import Bench, World

TEXT_BYTES = 1024  # of a reason
HEADER_BYTES = 1024  # of the Warning header that carries one

_ONE_WARNING = r'299 [^\s"]+ "((?:[^"\\]|\\.)*)"(?: "[^"]*")?'
_WARNINGS = re.compile(rf"{_ONE_WARNING}(?:, *{_ONE_WARNING})*")
_TOP_LEVEL = re.compile(r"\w+:")
_RULE = re.compile(r"\$rule\((\d+)\)")


def run(bench: Bench, report: Report, table: dict[str, Any]) -> None:
    checks = [{"extends": "main", **check, "fixture": check["id"]} for check in table["checks"]]
    fixtures = {**table["fixtures"], **{check["id"]: check for check in checks}}
    run_checks(bench, report, {**table, "fixtures": fixtures, "checks": checks}, "reasons", _judge)


def _judge(world: World, check: Check) -> list[str]:
    problems: list[str] = []

    def fits() -> bool:
        headers = [("Authorization", f"Bearer {check['token']}")] if "token" in check else []
        who = "" if headers else check.get("as", "admin")
        reply = world.client.request("GET", expand(check["path"]), who, headers, timeout=20)
        problems[:] = _compare(world, check["expect"], reply)
        return not problems

    with world.scripted(check.get("prometheus")):
        world.until(fits, check.get("eventually", 0), 0.25)
    return problems


def _compare(world: World, expect: dict[str, Any], reply: Reply) -> list[str]:
    if reply.problem:
        return [f"got: {reply.brief()}"]
    text, problems = _reason(reply)
    if reply.status not in expect["status"]:
        problems.append(f"expected status {' or '.join(map(str, expect['status']))}")
    if world.settings.profile == "ours" and "says" in expect and "fix:" not in text.lower():
        problems.append("no `fix: ...`")
    problems += [f"does not say /{fact}/" for fact in _unsaid(world, expect.get("says", []), text)]
    log = "\n".join(world.adapter.log_lines()[1:])
    problems += [f"the log does not say /{fact}/" for fact in _unsaid(world, expect.get("logs", []), log)]
    answer = "\n".join(f"{name}: {value}" for name, value in reply.headers) + reply.text
    for secret in [ADAPTER_TOKEN, *expect.get("never", [])]:
        problems += [f"{where} tells a secret: {secret}" for where, said in (("the answer", answer), ("the log", log))
                     if secret in said]
    return [*problems, f"got: {reply.status} {text}" if text else f"got: {reply.brief()}"] if problems else []


def _reason(reply: Reply) -> tuple[str, list[str]]:
    """The text that carries the reason, and what is wrong with its form."""
    document = json_or_none(reply)
    problems = ["Retry-After stops an HPA worker"] if reply.header("Retry-After") else []
    if not isinstance(document, dict):
        document = {"message": reply.text.strip()}
    if reply.status != 200:
        text = str(document.get("message", ""))
        problems += [] if document.get("status") == "Failure" else ["expected a Status object"]
    else:
        text, malformed = _warning_text(reply)
        problems += malformed + ([] if document.get("items") == [] else ["expected an empty list"])
    if len(text.encode()) > TEXT_BYTES:
        problems.append(f"longer than {TEXT_BYTES} bytes: {len(text.encode())}")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        problems.append(f"control characters: {text!r}")
    return text, problems


def _warning_text(reply: Reply) -> tuple[str, list[str]]:
    """What the Warning headers say (RFC 7234, 5.5)."""
    values = [value.encode("latin-1").decode("utf-8", "replace") for name, value in reply.headers
              if name.lower() == "warning"]
    problems = [] if values else ["no Warning header"]
    texts = []
    for value in values:
        if not _WARNINGS.fullmatch(value):
            problems.append(f'expected a header Warning: 299 - "text", got {value}')
        if len(value.encode()) > HEADER_BYTES:
            problems.append(f"a Warning header longer than {HEADER_BYTES} bytes: {len(value.encode())}")
        texts += [re.sub(r"\\(.)", r"\1", found[1]) for found in re.finditer(_ONE_WARNING, value)]
    return " ".join(texts), problems


def _unsaid(world: World, facts: list[str], text: str) -> list[str]:
    """Those of the regular expressions that find nothing in `text`."""
    places = _rule_places(world.config)
    return [fact for fact in facts if not re.search(_placed(fact, places, world.prometheus.authority), text, re.I)]


def _placed(fact: str, places: list[str], prometheus: str) -> str:
    """`fact` with $rule(3) replaced by the places of the third rule, $prometheus by the fake's host and port."""
    fact = _RULE.sub(lambda found: places[int(found[1]) - 1], fact)
    return fact.replace("$prometheus", re.escape(prometheus))


def _rule_places(config: str) -> list[str]:
    """For every rule of a configuration a regular expression for config.yaml:LINE, any line of that rule."""
    spans: list[list[int]] = []
    inside = False
    for number, line in enumerate(config.splitlines(), 1):
        if line.startswith("- "):
            spans.append([])
            inside = True
        elif _TOP_LEVEL.match(line):
            inside = False
        if inside:
            spans[-1].append(number)
    return [rf"config\.yaml:(?:{'|'.join(map(str, span))})(?!\d)" for span in spans]
