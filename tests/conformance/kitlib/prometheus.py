# SPDX-License-Identifier: Apache-2.0
"""The fake Prometheus: scripted answers for /api/v1/series and /api/v1/query, and a record of what was asked."""

from __future__ import annotations

import gzip
import re
import time
from dataclasses import replace
from typing import Any

from .httpd import Answer, Fake, Recorded, json_answer

EMPTY_VECTOR = {"resultType": "vector", "result": []}
HTML_TYPE = ("Content-Type", "text/html; charset=utf-8")

_REPEAT = re.compile(r"\$(.)\((\d+)\)")
_NOW = re.compile(rb'"\$\{NOW([+-]\d+)?\}"|\$\{NOW([+-]\d+)?\}')
_NOW_OTHERWISE = re.compile(rb'"\$\{NOW_MS\}"|\$\{NOW_TEXT\}')
_PART = re.compile(rb"\$\{(BODY|LENGTH|HEX)([+-]\d+)?\}")
# `k=~"a|b|c"`: the names of one matcher; used where the order of the names is not defined.
_ALTERNATION = re.compile(r'(=~")([^"\\]*\|[^"\\]*)(")')


def success(data: Any, **more: Any) -> Answer:
    return json_answer({"status": "success", "data": data, **more})


def failure(status: int, kind: str, text: str) -> Answer:
    return json_answer({"status": "error", "errorType": kind, "error": text}, status)


def vector(samples: list[list[Any]], when: float | None = None) -> dict[str, Any]:
    """The data of an instant vector from [[labels, value], ...] or [[labels, value, time], ...]."""
    stamp = round(time.time() if when is None else when, 3)
    result = []
    for sample in samples:
        labels, value = sample[0], sample[1]
        result.append({"metric": labels, "value": [sample[2] if len(sample) > 2 else stamp, value]})
    return {"resultType": "vector", "result": result}


def repeated(value: Any) -> Any:
    """`value` with `$x(7)` in all its texts replaced by seven times `x`: how the tables write long things."""
    if isinstance(value, str):
        return _REPEAT.sub(lambda m: m[1] * int(m[2]), value)
    if isinstance(value, list):
        return [repeated(part) for part in value]
    if isinstance(value, dict):
        return {key: repeated(part) for key, part in value.items()}
    return value


def fresh(body: bytes) -> bytes:
    """`body` with the times in it that its table could not know: samples of long ago prove little.

    ${NOW}, ${NOW-60}: seconds, a number even if quotes stand around it; "${NOW_MS}": milliseconds, a number as well;
    ${NOW_TEXT}: seconds, and quotes around it stay.
    """
    now = time.time()
    body = _NOW.sub(lambda m: b"%.3f" % (now + int(m[1] or m[2] or 0)), body)
    return _NOW_OTHERWISE.sub(lambda m: b"%d" % (now * 1000) if m[0].startswith(b'"') else b"%.3f" % now, body)


def raw_part(text: str, body: bytes) -> bytes:
    """Bytes of a raw answer: ${BODY}, ${LENGTH}, ${LENGTH-5} and ${HEX} (a length for a chunk) are filled in."""
    def fill(m: re.Match[bytes]) -> bytes:
        length = len(body) + int(m[2] or 0)
        return {b"BODY": body, b"LENGTH": b"%d" % length, b"HEX": b"%x" % length}[m[1]]
    return fresh(_PART.sub(fill, text.encode()))


def answer_from(spec: Any) -> Answer:
    """An answer as the tables write it. Keys:

    data       the "data" of a success answer         vector     [[labels, value], ...], the short form of a vector
    age        how many seconds old the vector is     warnings   added to a success answer
    json       the whole body, any JSON               body       the whole body, text
    body_hex   the whole body, hexadecimal            status     HTTP status, 200
    type       Content-Type, application/json         headers    more; ${QUERY} is the request's query string
    manner, delay, pieces, pause                      see httpd.Answer
    filler     number of unrelated samples added to the vector, to make the body large
    gzip       true: the body is compressed (the header that says so is not added)
    cut        how many bytes are left out at the end of the body
    raw        the texts to send, head and all (see raw_part); then stay, keep and pause count, see httpd.Answer

    In all texts `$x(7)` stands for seven times `x`; for times see `fresh`.
    """
    if spec is None:
        return success(None)
    spec = repeated(spec)
    kind = spec.get("type", "application/json")
    headers: tuple[tuple[str, str], ...] = (("Content-Type", kind),) if kind else ()
    headers += tuple(spec.get("headers", {}).items())
    if "vector" in spec:
        when = time.time() - spec.get("age", 0)
        samples = list(spec["vector"])
        samples[0:0] = [[{"pod": f"unrelated-{n:07d}", "queue": f"unrelated-{n:07d}"}, "1"]
                        for n in range(spec.get("filler", 0))]
        more = {"warnings": spec["warnings"]} if "warnings" in spec else {}
        body = success(vector(samples, when), **more).body
    elif "data" in spec:
        more = {"warnings": spec["warnings"]} if "warnings" in spec else {}
        body = success(spec["data"], **more).body
    elif "json" in spec:
        body = json_answer(spec["json"]).body
    elif "body_hex" in spec:
        body = bytes.fromhex(spec["body_hex"])
    else:
        body = spec.get("body", "").encode()
    body = gzip.compress(fresh(body)) if spec.get("gzip") else fresh(body)
    body = body[:len(body) - spec.get("cut", 0)]
    parts = tuple(raw_part(text, body) for text in spec.get("raw", []))
    return Answer(spec.get("status", 200), body, headers, "raw" if parts else spec.get("manner", "plain"),
                  spec.get("delay", 0.0), spec.get("pieces", 40), spec.get("pause", 0.1), parts,
                  spec.get("stay", 0.0), spec.get("keep", False))


def series_answer(spec: Any) -> Answer:
    """The answer to a series request: a list of label sets, null, one of the words below, or an answer spec."""
    if isinstance(spec, dict):
        return answer_from(spec)
    if spec == "error":
        return failure(500, "internal", "scripted error")
    if spec == "slow":
        return Answer(manner="hang")
    if spec == "garbage":
        return Answer(200, b"<html>login</html>", (HTML_TYPE,))
    return success(spec)


def any_order(promql: str) -> str:
    """`promql` with the names of every `=~"a|b"` sorted."""
    return _ALTERNATION.sub(lambda m: m[1] + "|".join(sorted(m[2].split("|"))) + m[3], promql)


class FakePrometheus(Fake):
    """Answers by what the tables say; any path that ends in /api/v1/series or /api/v1/query is accepted."""

    def __init__(self) -> None:
        self.series: Any = []  # for every seriesQuery that is not in series_by_query
        self.series_by_query: dict[str, Any] = {}
        self.by_query: dict[str, Answer] = {}  # looked at first
        self.answer: Answer | None = None  # then this
        self.by_text: list[tuple[str, Answer]] = []  # then the first (part of the query, answer) that fits
        self.answered_series: dict[str, float] = {}  # seriesQuery -> time of the last answer
        super().__init__()

    def script(self, answer: Answer | None = None, by_query: dict[str, Answer] | None = None) -> None:
        """Set what queries get from now on; without arguments, what the standing answers in `by_text` say."""
        with self.lock:
            self.answer = answer
            self.by_query = {any_order(query): value for query, value in (by_query or {}).items()}

    def respond(self, request: Recorded) -> Answer:
        with self.lock:
            if request.path.endswith("/api/v1/series"):
                return self._series(request)
            if request.path.endswith("/api/v1/query"):
                return self._query(request)
        return Answer(404, b"404 page not found\n", (("Content-Type", "text/plain"),))

    def _series(self, request: Recorded) -> Answer:
        wanted = request.param("match[]") or ""
        self.answered_series[wanted] = time.time()
        return series_answer(self.series_by_query.get(wanted, self.series))

    def _query(self, request: Recorded) -> Answer:
        text = request.param("query") or ""
        if not request.path.startswith("/elsewhere/"):  # the target of scripted redirects has standing answers only
            exact = self.by_query.get(any_order(text)) or self.answer
            if exact:
                return replace(exact, headers=tuple((name, value.replace("${QUERY}", request.query))
                                                    for name, value in exact.headers))
        for part, answer in self.by_text:
            if part in text:
                return answer
        return success(EMPTY_VECTOR)

    # -- what was asked ---------------------------------------------------------------------------------------

    def queries(self, mark: int = 0) -> list[str]:
        """The query texts received since `mark`, in order of arrival."""
        return [r.param("query") or "" for r in self.since(mark) if r.path.endswith("/api/v1/query")]

    def series_queries(self, mark: int = 0) -> list[str]:
        return [r.param("match[]") or "" for r in self.since(mark) if r.path.endswith("/api/v1/series")]
