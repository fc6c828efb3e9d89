# SPDX-License-Identifier: Apache-2.0
"""The wire suite: table-driven checks of the HTTP contract."""

from __future__ import annotations

import http.client
import re
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .adapter import Reply, json_or_none, tls_alert_for_old_version
from .fixture import Check, run_checks
from .match import MISSING, mismatch
from .prometheus import repeated
from .report import Report
from .world import CUSTOM, EXTERNAL, RESOURCE, Bench, World

PREFIXES = {"$B1": CUSTOM + "/v1beta1", "$B2": CUSTOM + "/v1beta2", "$E": EXTERNAL + "/v1beta1",
            "$M": RESOURCE + "/v1beta1"}
_STAMP = re.compile(rb'"(timestamp|creationTimestamp)": ?"[^"]*"')


def run(bench: Bench, report: Report, table: dict[str, Any]) -> None:
    run_checks(bench, report, table, "wire", _run_check)


def _run_check(world: World, check: Check) -> list[str]:
    with world.scripted(check.get("prometheus"), check.get("kube_faults", [])):
        return _Session(world, check).run()


class _Session:
    """One check: its steps, its connection, and what it remembers from step to step."""

    def __init__(self, world: World, check: Check) -> None:
        self._world = world
        self._check = check
        self._steps: list[dict[str, Any]] = check.get("steps") or [check]
        self._saved: dict[str, str] = {}
        self._bodies: list[bytes] = []
        self._shared: http.client.HTTPSConnection | None = None
        self._idle: list[Any] = []

    def run(self) -> list[str]:
        world, check = self._world, self._check
        if check.get("shared_connection"):
            self._shared = world.client.open(self._steps[0].get("as", "admin"), 15)
        self._idle = [_idle_connection(world, kind) for kind in check.get("idle", [])]
        try:
            for number, step in enumerate(self._steps):
                problems = self._step(step)
                if problems:
                    return ([f"step {number + 1}:"] if len(self._steps) > 1 else []) + problems
            return []
        finally:
            for link in self._idle:
                link.close()
            if self._shared:
                self._shared.close()

    def _step(self, step: dict[str, Any]) -> list[str]:
        """Do a request and compare. `eventually` repeats that until it fits, for a number of seconds."""
        deadline = time.monotonic() + step.get("eventually", 0)
        while True:
            problems = self._once(step)
            if not problems or time.monotonic() >= deadline:
                return problems
            time.sleep(0.25)

    def _once(self, step: dict[str, Any]) -> list[str]:
        world = self._world
        time.sleep(step.get("pause", 0))
        marks = (world.kube.mark(), world.prometheus.mark())
        if "old_tls" in step:
            came = tls_alert_for_old_version(world.adapter.port)
            return [] if came in step["old_tls"] else [f"expected {step['old_tls']}, got {came}"]
        replies = self._send(step)
        choices = step["expect"] if isinstance(step["expect"], list) else [step["expect"]]
        for reply in replies:
            faults = [_compare(world, choice, reply, marks, self._bodies) for choice in choices]
            if all(faults):
                lines = min(faults, key=len)
                if len(choices) > 1:
                    lines = [f"none of {len(choices)} acceptable answers; the nearest:", *lines]
                return [*lines, f"got: {reply.brief()}"]
        self._bodies.append(replies[0].body)
        for name, header in step.get("save", {}).items():
            self._saved[name] = replies[0].header(header) or ""
        return []

    def _send(self, step: dict[str, Any]) -> list[Reply]:
        client = self._world.client
        who = step.get("as", "admin")
        timeout = step.get("timeout", 20.0)
        if "raw" in step or "plain" in step:
            data = expand(step.get("raw") or step["plain"]).encode("latin-1")
            return [client.raw(data, who, timeout, step.get("pieces", 1), step.get("piece_pause", 0.0),
                               tls="raw" in step)]
        headers = [(name, self._fill(value)) for name, values in step.get("headers", {}).items()
                   for value in (values if isinstance(values, list) else [values])]
        if "token" in step:
            headers.append(("Authorization", f"Bearer {step['token']}"))
            who = step.get("as", "")
        body = expand(step["body"]).encode() if "body" in step else None
        path = expand(step["path"])
        if "tls" in step:
            return [_with_tls(self._world, step["tls"], path)]

        def once(_: int = 0) -> Reply:
            return client.request(step.get("method", "GET"), path, who, headers, body, timeout, self._shared)

        if step.get("parallel", 1) > 1:
            with ThreadPoolExecutor(step["parallel"]) as pool:
                return list(pool.map(once, range(step["parallel"])))
        return [once()]

    def _fill(self, text: str) -> str:
        for name, value in self._saved.items():
            text = text.replace("${" + name + "}", value)
        return expand(text)


def expand(text: str) -> str:
    """Replace $B1, $B2, $E, $M by API prefixes and `$x(7)` by seven times `x`."""
    for name, prefix in PREFIXES.items():
        text = text.replace(name, prefix)
    return str(repeated(text))


def _idle_connection(world: World, kind: str) -> Any:
    """A connection that does nothing: `tcp` before, `tls` after the handshake, `half` in the middle of a request."""
    import socket
    plain = socket.create_connection(("127.0.0.1", world.adapter.port), 10)
    if kind == "tcp":
        return plain
    link = world.client.context().wrap_socket(plain, server_hostname="localhost")
    if kind == "half":
        link.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Half: ")
    return link


def _with_tls(world: World, options: dict[str, Any], path: str) -> Reply:
    """A request over a connection with particular TLS settings."""
    context = world.client.context("admin")
    if "version" in options:
        version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[options["version"]]
        context.minimum_version = context.maximum_version = version
    if "alpn" in options:
        context.set_alpn_protocols(options["alpn"])
    link = http.client.HTTPSConnection("127.0.0.1", world.adapter.port, context=context, timeout=10)
    try:
        return world.client.request("GET", path, connection=link)
    finally:
        link.close()


# -- comparing ------------------------------------------------------------------------------------------------


def _compare(world: World, expect: dict[str, Any], reply: Reply, marks: tuple[int, int],
             earlier: list[bytes]) -> list[str]:
    """Everything that is wrong with `reply`. See README.md for the keys of `expect`."""
    if reply.problem:
        return [] if expect.get("no_answer") else [f"expected status {expect.get('status')}"]
    if "status" not in expect:
        return ["expected no answer at all"]
    wanted = expect["status"] if isinstance(expect["status"], list) else [expect["status"]]
    if reply.status not in wanted:
        return [f"expected status {' or '.join(map(str, wanted))}"]
    problems = []
    if "type" in expect:
        types = expect["type"] if isinstance(expect["type"], list) else [expect["type"]]
        if reply.media_type not in types:
            problems.append(f"expected Content-Type {' or '.join(types)}, got {reply.header('Content-Type')}")
    for name, pattern in expect.get("header", {}).items():
        value = reply.header(name)
        problems += mismatch(pattern, MISSING if value is None else value, f"header {name}")
    if expect.get("no_body") and reply.body:
        problems.append("expected no body")
    if "text" in expect:
        problems += mismatch(expect["text"], reply.text, "text")
    if "json" in expect or "items" in expect or "rule" in expect:
        problems += _compare_json(expect, reply)
    if "same_as" in expect and _STAMP.sub(b"", reply.body) != _STAMP.sub(b"", earlier[expect["same_as"] - 1]):
        problems.append(f"expected the body of step {expect['same_as']}")
    if "seconds" in expect and reply.seconds > expect["seconds"]:
        problems.append(f"expected an answer within {expect['seconds']} s, took {reply.seconds:.1f} s")
    return problems + _compare_upstream(world, expect, marks)


def _compare_json(expect: dict[str, Any], reply: Reply) -> list[str]:
    document = json_or_none(reply)
    if not isinstance(document, dict):
        return ["expected a JSON object"]
    problems = mismatch(expect["json"], document) if "json" in expect else []
    if "items" in expect:
        problems += mismatch(expect["items"], [_pair(item) for item in document.get("items") or []], "items")
    if "rule" in expect:
        problems += RULES[expect["rule"]](document)
    return problems


def _pair(item: dict[str, Any]) -> list[Any]:
    """[name of the object, value]; for external metrics [labels as k=v,..., value]."""
    if "metricLabels" in item:
        return [",".join(f"{k}={v}" for k, v in sorted((item["metricLabels"] or {}).items())), item.get("value")]
    return [(item.get("describedObject") or {}).get("name"), item.get("value")]


def _compare_upstream(world: World, expect: dict[str, Any], marks: tuple[int, int]) -> list[str]:
    """What the adapter asked of the kube-apiserver and of Prometheus during the step."""
    problems = []
    reviews = world.kube.access_reviews(marks[0])
    if "sar" in expect:
        problems += mismatch(expect["sar"], reviews[-1] if reviews else MISSING, "SubjectAccessReview")
    if "sar_count" in expect and len(reviews) != expect["sar_count"]:
        problems.append(f"expected {expect['sar_count']} SubjectAccessReviews, got {reviews}")
    tokens = world.kube.token_reviews(marks[0])
    if "token_reviews" in expect:
        problems += mismatch(expect["token_reviews"], tokens, "TokenReviews")
    if "promql" in expect:
        problems += mismatch(expect["promql"], world.prometheus.queries(marks[1]), "PromQL")
    return problems


# -- rules about a whole document that a pattern cannot say ---------------------------------------------------


def _unique_names(document: dict[str, Any]) -> list[str]:
    names = [entry.get("name") for entry in document.get("resources", [])]
    return [f"listed more than once: {sorted({n for n in names if names.count(n) > 1})}"] \
        if len(set(names)) != len(names) else []


def _scopes_agree(document: dict[str, Any]) -> list[str]:
    """The aggregator groups entries by the text before the slash; all of a group must have one scope."""
    scopes: dict[str, set[Any]] = {}
    for entry in document.get("resources", []):
        scopes.setdefault(str(entry.get("name")).split("/")[0], set()).add(entry.get("namespaced"))
    return [f"{parent}: entries disagree on `namespaced`" for parent, seen in scopes.items() if len(seen) > 1]


def _sorted_items(document: dict[str, Any]) -> list[str]:
    keys = [((i.get("metadata") or {}).get("namespace", ""), (i.get("metadata") or {}).get("name", ""))
            for i in document.get("items") or []]
    return [] if keys == sorted(keys) else [f"not sorted by namespace and name: {keys}"]


RULES = {"unique-names": _unique_names, "scopes-agree": _scopes_agree, "sorted-items": _sorted_items}
