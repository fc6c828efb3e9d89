# SPDX-License-Identifier: Apache-2.0
"""The vector suite: configuration + series + request -> exact PromQL and exact answer."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from . import client_vectors
from .adapter import StartError, segment
from .answers import Vector, check_answer, check_discovery, differ, expectation
from .prometheus import any_order, success
from .report import FAIL, PASS, Report, Result
from .world import CUSTOM, EXTERNAL, RESOURCE, Bench, World

_EXIT_SECONDS = 15.0


class Tables:
    """A vector file: shared configurations, series sets, the cluster, and the vectors."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.cluster: list[dict[str, Any]] = document["cluster"]
        self.configs: dict[str, dict[str, Any]] = document.get("configs", {})
        self.series_sets: dict[str, Any] = document.get("series_sets", {})
        self.vectors: list[Vector] = document["vectors"]

    def config(self, vector: Vector) -> tuple[str, list[str] | None]:
        """Configuration text, and the series queries that it leads to (None when not known)."""
        if "config_ref" in vector:
            shared = self.configs[vector["config_ref"]]
            return shared["text"], shared.get("series_queries")
        return vector["config"], vector.get("series_queries")

    def series(self, vector: Vector) -> tuple[Any, dict[str, Any]]:
        """(series for every query, series by query)."""
        if "series_by_query_ref" in vector:
            return [], self.series_sets[vector["series_by_query_ref"]]
        return vector.get("series", []), vector.get("series_by_query", {})


@dataclass
class _Group:
    """Vectors that can share one run of the adapter."""

    tables: Tables
    vectors: list[Vector]


def run(bench: Bench, report: Report, tables: Tables, jobs: int = 1) -> None:
    chosen = [v for v in tables.vectors if report.wants(v["id"])]
    groups: dict[str, _Group] = {}
    for vector in chosen:
        key = _group_key(tables, vector, bench.settings.profile)
        groups.setdefault(key, _Group(tables, [])).vectors.append(vector)
    pool = ThreadPoolExecutor(max_workers=max(1, jobs))
    try:
        for done in [pool.submit(_run_group, bench, report, group) for group in groups.values()]:
            done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _group_key(tables: Tables, vector: Vector, profile: str) -> str:
    if vector["api"] == "http":
        http = vector["http"]
        shared = [http["prometheus_url"], http["prometheus_verb"], http.get("prometheus_header"), http["op"]]
        return json.dumps(shared + ([vector["id"]] if http["op"] == "series" else []))
    alone = vector["id"] if expectation(vector, profile).get("startup_error") else ""
    return json.dumps([tables.config(vector)[0], tables.series(vector), alone], sort_keys=True)


def _run_group(bench: Bench, report: Report, group: _Group) -> None:
    first = group.vectors[0]
    with World(bench, f"vectors-{first['id']}", group.tables.cluster) as world:
        world.own_flags.append("--max-sample-age=0s")  # the vectors' samples are of 2023
        failed = _run_vectors(world, report, group)
    tail = world.adapter.log_tail(bench.settings.log_lines) if failed else ""
    report.after("vectors", first["id"], world.aftermath(), tail)


def _run_vectors(world: World, report: Report, group: _Group) -> bool:
    """Whether a vector failed in a way that the adapter's log may explain."""
    first = group.vectors[0]
    started = time.monotonic()
    if expectation(first, world.settings.profile).get("startup_error"):
        _startup_error(world, report, group)
        return False
    try:
        if first["api"] == "http":
            client_vectors.prepare(world, first)
        else:
            _prepare(world, group)
    except StartError as problem:
        for vector in group.vectors:
            report.add(Result("vectors", vector["id"], vector["title"], FAIL, str(problem).splitlines(),
                              seconds=time.monotonic() - started))
        return False
    failed = False
    for vector in group.vectors:
        started = time.monotonic()
        try:
            problems = client_vectors.check(world, vector) if vector["api"] == "http" else _check(world, vector)
        except Exception as problem:  # an answer so odd that the kit trips over it is a failure as well
            problems = [f"the check could not read the answer: {type(problem).__name__}: {problem}"]
        if not world.adapter.alive:
            problems.append(f"the adapter died, exit status {world.adapter.exit_status}")
        report.add(Result("vectors", vector["id"], vector["title"], FAIL if problems else PASS, problems,
                          seconds=time.monotonic() - started))
        failed = failed or bool(problems)
    return failed


# -- configurations that must be refused ------------------------------------------------------------------------


_CONTROL = """rules:
- seriesQuery: 'control{namespace!=""}'
  resources: {overrides: {namespace: {resource: namespace}}}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
"""


def _control(bench: Bench, cluster: list[dict[str, Any]]) -> str:
    """Why the adapter refuses even a good configuration, or "". An adapter that never starts refuses nothing."""
    with bench.lock:
        if bench.control is None:
            with World(bench, "vectors-control", cluster) as world:
                try:
                    world.launch(world.flags(_CONTROL))
                    bench.control = ""
                except StartError as problem:
                    bench.control = str(problem)
        return bench.control


def _startup_error(world: World, report: Report, group: _Group) -> None:
    vector = group.vectors[0]
    start = time.monotonic()
    broken = _control(world.bench, group.tables.cluster)
    if broken:
        report.add(Result("vectors", vector["id"], vector["title"], FAIL,
                          ["a good configuration is refused as well:", *broken.splitlines()]))
        return
    config, _ = group.tables.config(vector)
    world.adapter.start(world.flags(config))
    limit = min(world.settings.start_timeout, _EXIT_SECONDS)
    status = world.adapter.wait_exit(limit)
    problems = []
    if status is None:
        problems = [f"expected: the adapter refuses the configuration and exits (upstream says: "
                    f"{vector['expect'].get('upstream_message', '?')})",
                    f"got: it still runs after {limit:.0f} s"]
    elif status <= 0:
        problems = ["expected: an exit status above 0", f"got: {status}", *world.adapter.log_tail().splitlines()]
    elif not world.adapter.log_tail(1).strip():
        problems = ["expected: a message on stderr", "got: nothing"]
    report.add(Result("vectors", vector["id"], vector["title"], FAIL if problems else PASS, problems,
                      seconds=time.monotonic() - start))


# -- custom, external and resource vectors ----------------------------------------------------------------------


def _label(vector: Vector) -> str:
    """The label that marks the objects of a vector, for its labelSelector."""
    return f"kit-{vector['id'].lower()}"


def _prepare(world: World, group: _Group) -> None:
    config, queries = group.tables.config(group.vectors[0])
    world.prometheus.series, world.prometheus.series_by_query = group.tables.series(group.vectors[0])
    for vector in group.vectors:
        _create_objects(world, vector)
    world.launch(world.flags(config))
    if group.vectors[0]["api"] != "resource":
        world.wait_discovered(queries)


def _create_objects(world: World, vector: Vector) -> None:
    request = vector.get("request", {})
    mark = {_label(vector): "1"}
    resource = request.get("resource", "")
    namespace = request.get("namespace", "")
    if resource and world.kube.find_type(resource):
        for name in request.get("names", []):
            world.kube.add(resource, name, namespace, mark)
        if "name" in request:
            world.kube.add(resource, request["name"], namespace)
        world.kube.add(resource, "zz-not-selected", namespace or "zz", {"kit-decoy": "1"})
        world.kube.add(resource, "zz-elsewhere", "zz-other", mark if namespace else {})
    for pod in request.get("pods", []):
        in_namespace, _, name = pod.partition("/")
        world.kube.add("pods", name, in_namespace, mark)
    for node in request.get("nodes", []):
        world.kube.add("nodes", node, "", mark)


def paths_of(vector: Vector) -> list[str]:
    """The request paths that a vector stands for."""
    request = vector["request"]
    if vector["api"] == "external":
        selector = _query({"labelSelector": request.get("metricLabelSelector")})
        return [f"{EXTERNAL}/v1beta1/namespaces/{segment(request['namespace'])}/{segment(request['metric'])}{selector}"]
    if vector["api"] == "resource":
        by_label = _query({"labelSelector": f"{_label(vector)}=1"})
        return [f"{RESOURCE}/v1beta1/{kind}{by_label}" for kind in ("pods", "nodes") if kind in request]
    many = "names" in request
    query = _query({"labelSelector": f"{_label(vector)}=1" if many else None,
                    "metricLabelSelector": request.get("metricLabelSelector")})
    name = "*" if many else request["name"]
    if "namespace" in request:
        parts = ["namespaces", request["namespace"], request["resource"], name, request["metric"]]
    elif request["resource"] == "namespaces":
        parts = ["namespaces", name, "metrics", request["metric"]]
    else:
        parts = [request["resource"], name, request["metric"]]
    return [f"{CUSTOM}/v1beta1/" + "/".join(map(segment, parts)) + query]


def _query(params: dict[str, str | None]) -> str:
    pairs = [f"{key}={quote(value, safe='')}" for key, value in params.items() if value is not None]
    return "?" + "&".join(pairs) if pairs else ""


def _check(world: World, vector: Vector) -> list[str]:
    expect = expectation(vector, world.settings.profile)
    problems: list[str] = []
    if "discovery" in expect:
        problems += check_discovery(world, vector, expect)
    if "series_requests" in expect:
        asked = sorted(world.prometheus.series_queries())
        problems += differ("series requests", sorted(expect["series_requests"]), asked)
    if "request" in vector and "status" in expect:
        _script(world, vector)
        if vector["api"] == "resource":
            _warm_up(world, vector)
        mark = world.prometheus.mark()
        before = time.time()
        replies = [world.client.request("GET", path, who="admin", timeout=20) for path in paths_of(vector)]
        problems += _check_promql(expect, world.prometheus.queries(mark))
        problems += check_answer(world, vector, expect, replies, (before, time.time()))
    return problems


def _script(world: World, vector: Vector) -> None:
    data = vector.get("prometheus_data")
    by_query = {query: success(part) for query, part in vector.get("prometheus_data_by_query", {}).items()}
    world.prometheus.script(success(data) if data is not None else None, by_query)


def _warm_up(world: World, vector: Vector) -> None:
    """Resource metrics come from a cache of pods and nodes; wait until the adapter's knows this vector's."""
    mark = world.prometheus.mark()
    for path in paths_of(vector):
        def asked(path: str = path) -> bool:
            before = len(world.prometheus.queries(mark))
            world.client.request("GET", path, who="admin", timeout=20)
            return len(world.prometheus.queries(mark)) > before
        world.until(asked, min(5.0, world.settings.discovery_timeout), 0.1)


def _check_promql(expect: dict[str, Any], queries: list[str]) -> list[str]:
    """Each expected query is a text, or a list of texts any of which will do."""
    if "promql" not in expect:
        return []
    wanted = [one if isinstance(one, list) else [one] for one in expect["promql"]]
    unordered = expect.get("promql_order") == "any"
    if unordered:  # neither the queries nor the names in a matcher have a defined order
        wanted = sorted([sorted(map(any_order, choice)) for choice in wanted])
        queries = sorted(map(any_order, queries))
    if len(wanted) == len(queries) and all(got in choice for choice, got in zip(wanted, queries)):
        return []
    return differ("PromQL", [choice[0] if len(choice) == 1 else choice for choice in wanted], queries)
