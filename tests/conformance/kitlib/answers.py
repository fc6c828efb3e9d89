# SPDX-License-Identifier: Apache-2.0
"""Comparing what the adapter answers with what a vector expects."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

from .adapter import Reply, json_or_none
from .world import CUSTOM, EXTERNAL, World

Vector = dict[str, Any]


def expectation(vector: Vector, profile: str) -> dict[str, Any]:
    """What `profile` expects: `expect`, with the keys of `ours` laid over it for our own profile."""
    expect = dict(vector["expect"])
    if profile == "ours":
        expect.update(vector.get("ours", {}))
        if vector["api"] != "resource":
            expect = _refusing_empty_lists(expect)
    return {key: value for key, value in expect.items() if value is not None}


def _refusing_empty_lists(expect: dict[str, Any]) -> dict[str, Any]:
    """Ours answers 404, with the reason, where upstream answers 200 and no items."""
    if "any_of" in expect:
        return {**expect, "any_of": [_refusing_empty_lists(choice) for choice in expect["any_of"]]}
    if expect.get("status") == 200 and expect.get("items") == []:
        return {**expect, "status": 404, "items": None}
    return expect


def check_discovery(world: World, vector: Vector, expect: dict[str, Any]) -> list[str]:
    external = vector["api"] == "external"
    version = (EXTERNAL if external else CUSTOM) + "/v1beta1"
    optional = set(expect.get("discovery_optional", []))
    wanted = set(expect["discovery"]) - optional
    seen: set[str] | str = set()

    def fits() -> bool:
        nonlocal seen
        listed = world.listed(version)
        if isinstance(listed, str):
            seen = listed
            return False
        seen = {name if external else f"{name} namespaced={str(entry.get('namespaced')).lower()}"
                for name, entry in listed.items()}
        return seen - optional == wanted

    if world.until(fits, min(3.0, world.settings.discovery_timeout), 0.1):
        return []
    return differ("discovery list", sorted(expect["discovery"]), sorted(seen) if isinstance(seen, set) else seen)


def check_answer(world: World, vector: Vector, expect: dict[str, Any], replies: list[Reply],
                  span: tuple[float, float]) -> list[str]:
    choices = expect.get("any_of") or [expect]
    faults = [_check_one_answer(world, vector, choice, replies, span) for choice in choices]
    return [] if not all(faults) else min(faults, key=len)


def _check_one_answer(world: World, vector: Vector, expect: dict[str, Any], replies: list[Reply],
                      span: tuple[float, float]) -> list[str]:
    for reply in replies:
        if reply.problem:
            return [f"expected: status {expect['status']}", f"got: {reply.brief()}"]
        if reply.status != expect["status"]:
            return differ("status", expect["status"], f"{reply.status}: {reply.text.strip()[:300]}")
    documents = [json_or_none(reply) for reply in replies]
    if not all(isinstance(d, dict) for d in documents):
        return [f"expected: a JSON object, got: {replies[0].brief()}"]
    if expect["status"] != 200:
        return _check_status(world.settings.profile, expect, documents[0])
    problems = []
    want = expect.get("items")
    if want is not None:
        got = [item for document in documents for item in document.get("items") or []]
        readable = {"custom": _custom_item, "external": _external_item, "resource": _resource_item}[vector["api"]]
        seen = [readable(item) for item in got]
        wanted = [_wanted_item(vector["api"], item) for item in want]
        if vector["api"] == "resource":  # the list is sorted by namespace and name, the table as it was computed
            if [(i["namespace"], i["object"]) for i in seen] != sorted((i["namespace"], i["object"]) for i in seen):
                problems.append(f"the list is not sorted by namespace and name: {seen}")
            wanted.sort(key=lambda i: (i["namespace"], i["object"]))
        if vector["api"] == "custom":
            problems += _check_times(world, vector, got, span)
        problems += differ("items", wanted, seen)
    return problems


def _check_status(profile: str, expect: dict[str, Any], document: dict[str, Any]) -> list[str]:
    problems = []
    if document.get("kind") != "Status" or document.get("status") != "Failure" \
            or document.get("code") != expect["status"]:
        problems.append(f"expected: a Status object with code {expect['status']}, got: {document}")
    if "message" in expect:
        got = document.get("message", "")
        # Ours says the reason after upstream's words.
        same = got.startswith(expect["message"]) if profile == "ours" else got == expect["message"]
        if not same:
            problems += differ("message", expect["message"], got)
    return problems


# -- items in a form that can be compared -----------------------------------------------------------------------


def _wanted_item(api: str, item: dict[str, Any]) -> dict[str, Any]:
    if api == "external":
        return {"metric": item["metric"], "labels": item.get("labels") or {}, "value": item["value"],
                "timestamp": whole_seconds(item["timestamp"])}
    if api == "resource":
        return {"object": item["object"], "namespace": item.get("namespace", ""), "window": item["window"],
                "timestamp": whole_seconds(item["timestamp"]),
                "usage": item.get("usage") or item.get("containers") or {}}
    return {"object": item["object"], "namespace": item.get("namespace", ""), "kind": item["kind"],
            "apiVersion": item["apiVersion"].lstrip("/"), "metric": item["metric"], "value": item["value"],
            "selector": item.get("selector") or None}


def _custom_item(item: dict[str, Any]) -> dict[str, Any]:
    """An item of a MetricValueList. Upstream writes the core version as `/v1`; `v1` is as good."""
    described = item.get("describedObject") or {}
    metric = item.get("metric") or {"name": item.get("metricName"), "selector": item.get("selector")}
    return {"object": described.get("name"), "namespace": described.get("namespace", ""),
            "kind": described.get("kind"), "apiVersion": str(described.get("apiVersion")).lstrip("/"),
            "metric": metric.get("name"), "value": item.get("value"), "selector": metric.get("selector") or None}


def _external_item(item: dict[str, Any]) -> dict[str, Any]:
    return {"metric": item.get("metricName"), "labels": item.get("metricLabels") or {}, "value": item.get("value"),
            "timestamp": item.get("timestamp")}


def _resource_item(item: dict[str, Any]) -> dict[str, Any]:
    meta = item.get("metadata") or {}
    usage = item.get("usage")
    if usage is None:
        usage = {part.get("name"): part.get("usage") for part in item.get("containers") or []}
    return {"object": meta.get("name"), "namespace": meta.get("namespace", ""), "window": item.get("window"),
            "timestamp": item.get("timestamp"), "usage": usage}


def whole_seconds(stamp: str) -> str:
    """`2023-11-14T22:13:20.5Z` as the API writes it."""
    return re.sub(r"\.\d+Z$", "Z", stamp)


def _check_times(world: World, vector: Vector, items: list[dict[str, Any]], span: tuple[float, float]) -> list[str]:
    """Custom metrics: upstream stamps items with the time of the request, ours with the time of the sample."""
    samples = {sample["value"][0] for sample in (vector.get("prometheus_data") or {}).get("result", [])
               if isinstance(sample, dict) and "value" in sample}
    for item in items:
        stamp = item.get("timestamp")
        try:
            seconds = datetime.strptime(stamp or "", "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            return differ("timestamp", "YYYY-MM-DDTHH:MM:SSZ", stamp)
        if world.settings.profile == "ours":
            if seconds not in {int(s) for s in samples}:
                return differ("timestamp", f"the sample's, one of {sorted(samples)}", stamp)
        elif not span[0] - 2 <= seconds <= span[1] + 2:
            return differ("timestamp", "the time of the request", stamp)
    return []


def differ(what: str, expected: Any, got: Any) -> list[str]:
    """Two lines for the report, or none if both are the same."""
    if expected == got:
        return []
    return [f"expected {what}: {_plain(expected)}", f"     got {what}: {_plain(got)}"]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
