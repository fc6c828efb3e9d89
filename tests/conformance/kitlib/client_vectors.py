# SPDX-License-Identifier: Apache-2.0
"""Vectors with `api: http`: how the adapter talks to Prometheus."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .answers import Vector, check_answer, check_discovery, differ, expectation
from .httpd import Answer, Recorded
from .prometheus import HTML_TYPE
from .world import EXTERNAL, World

_DURATION = re.compile(r"(\d+(\.\d+)?|(\d+(ms|s|m|h|d|w|y))+)?$")
_HTTP_METRIC = "kit_http"


def prepare(world: World, vector: Vector) -> None:
    """Start the adapter with a rule that makes it ask just what the vector says."""
    http = vector["http"]
    series = http["op"] == "series"
    query = json.dumps(http["query"])
    config = ("externalRules:\n"
              f"- seriesQuery: {query if series else _HTTP_METRIC}\n"
              "  resources: {namespaced: false}\n"
              f"  metricsQuery: {_HTTP_METRIC if series else query}\n")
    if series:
        kind = "text/html" if http["response_body"].startswith("<") else "application/json"
        world.prometheus.series = {"status": http["response_status"], "body": http["response_body"], "type": kind}
    else:
        world.prometheus.series = [{"__name__": _HTTP_METRIC}]
    url = urlsplit(http["prometheus_url"])
    user = f"{url.username}:{url.password}@" if url.username else ""
    target = f"http://{user}127.0.0.1:{world.prometheus.port}{url.path}" + (f"?{url.query}" if url.query else "")
    more = [f"--prometheus-header={line}" for line in http.get("prometheus_header", [])]
    if http["prometheus_verb"] != "GET":
        more.append(f"--prometheus-verb={http['prometheus_verb']}")
    world.launch(world.flags(config, prometheus_url=target, more=more))
    world.wait_discovered([http["query"] if series else _HTTP_METRIC])


def check(world: World, vector: Vector) -> list[str]:
    http = vector["http"]
    expect = expectation(vector, world.settings.profile)
    if http["op"] == "series":
        records = [r for r in world.prometheus.since(0) if r.path.endswith("/api/v1/series")]
        problems = check_discovery(world, {"api": "external"}, expect)
    else:
        html = http["response_body"].startswith("<")
        headers = (HTML_TYPE,) if html else (("Content-Type", "application/json"),)
        world.prometheus.script(Answer(http["response_status"], http["response_body"].encode(), headers))
        mark = world.prometheus.mark()
        reply = world.client.request("GET", f"{EXTERNAL}/v1beta1/namespaces/default/{_HTTP_METRIC}", who="admin",
                                     timeout=20)
        records = [r for r in world.prometheus.since(mark) if r.path.endswith("/api/v1/query")]
        now = time.time()
        problems = check_answer(world, {**vector, "api": "external"}, expect, [reply], (now, now))
    if not records:
        return [*problems, "expected: a request to Prometheus, got: none"]
    return problems + _check_upstream_request(records[0], vector, expect)


def _check_upstream_request(got: Recorded, vector: Vector, expect: dict[str, Any]) -> list[str]:
    http = vector["http"]
    series = http["op"] == "series"
    problems = differ("method", expect["method"], got.method)
    faults: list[list[str]] = []
    for url in expect.get("url_any_of") or [expect["url"]]:
        parts = urlsplit(url)
        wanted = dict(parse_qsl(parts.query + "&" + expect.get("body", ""), keep_blank_values=True))
        seen = {key: values[0] for key, values in got.params.items()}
        clock = "start" if series else "time"
        fault = differ("path", parts.path, got.path)
        fault += _check_clock(clock, seen.pop(clock, None), 600 if series else 0)
        wanted.pop(clock, None)
        wanted.pop("timeout", None)
        limit = seen.pop("timeout", "")
        if not _DURATION.match(limit):
            fault += differ("parameter timeout", "absent, empty or a duration", limit)
        fault += differ("parameters", wanted, seen)
        if got.method == "POST":
            in_url = {key for key, _ in parse_qsl(got.query, keep_blank_values=True)}
            fault += differ("parameters in the URL of a POST",
                            sorted(k for k, _ in parse_qsl(parts.query, keep_blank_values=True)), sorted(in_url))
        faults.append(fault)
    nearest: list[str] = min(faults, key=len)
    problems += nearest
    for name, value in expect.get("headers", {}).items():
        problems += differ(f"header {name}", value, ", ".join(got.header(name)) if got.header(name) else None)
    if expect.get("wire_host"):
        host = got.header("Host")
        if len(host) != 1 or not host[0].startswith("127.0.0.1:"):
            problems += differ("header Host", "the host of the URL", host)
    return problems


def _check_clock(name: str, text: str | None, age: float) -> list[str]:
    """Seconds with at most three decimals and no trailing zeros, near now (or `age` seconds before)."""
    if text is None:
        return differ(f"parameter {name}", "a time", None)
    if not re.fullmatch(r"\d+(\.\d{0,2}[1-9])?", text):
        return differ(f"parameter {name}", "seconds, up to three decimals, no trailing zeros", text)
    if abs(time.time() - age - float(text)) > 60:
        return differ(f"parameter {name}", f"about {time.time() - age:.0f}", text)
    return []
