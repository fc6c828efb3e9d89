# SPDX-License-Identifier: Apache-2.0
"""The fake kube-apiserver: discovery, objects, token and access reviews, and the authentication ConfigMap."""

from __future__ import annotations

import base64
import json
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .httpd import JSON_TYPE, Answer, Fake, Recorded, json_answer
from .pki import Pki

ADAPTER_TOKEN = "kit-adapter-token"
CONFIGMAP = "extension-apiserver-authentication"
_BOOKMARK = {"k8s.io/initial-events-end": "true"}


@dataclass(frozen=True)
class ResourceType:
    """One line of the cluster description: `pods/pod/Pod/namespaced`."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


@dataclass
class KubeObject:
    """An object of the cluster; `labels` may be added to as long as nothing has listed it."""

    type: ResourceType
    name: str
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    phase: str = "Running"

    def document(self) -> dict[str, Any]:
        meta: dict[str, Any] = {"name": self.name, "uid": f"uid-{self.namespace}-{self.name}", "resourceVersion": "5",
                                "creationTimestamp": "2023-01-01T00:00:00Z", "labels": dict(self.labels)}
        if self.namespace:
            meta["namespace"] = self.namespace
        out: dict[str, Any] = {"kind": self.type.kind, "apiVersion": self.type.api_version, "metadata": meta}
        if self.type.kind == "Pod":
            ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2023-01-01T00:00:00Z"}
            out["spec"] = {"nodeName": "node-1", "containers": [{"name": "main", "image": "kit"}]}
            out["status"] = {"phase": self.phase, "conditions": [ready], "startTime": "2023-01-01T00:00:00Z"}
        return out


@dataclass
class AccessRule:
    """How the fake answers a SubjectAccessReview whose user fits `user`."""

    user: str
    allowed: bool = True
    denied: bool = False
    reason: str = ""
    status: int = 201
    manner: str = "plain"


DEFAULT_ACCESS = [AccessRule("^system:anonymous$", allowed=False)]


def parse_cluster(groups: list[dict[str, Any]]) -> list[ResourceType]:
    """Resource types from the `cluster` description of the tables."""
    types = []
    for group in groups:
        for line in group["resources"]:
            plural, singular, kind, *rest = line.split("/")
            types.append(ResourceType(group["group"], group["version"], plural, singular, kind, "namespaced" in rest))
    return types


# -- selectors ------------------------------------------------------------------------------------------------


_REQUIREMENT = re.compile(
    r"\s*(?:(?P<key>[^\s=!<>,()]+)\s+(?P<set>in|notin)\s*\((?P<values>[^)]*)\)"
    r"|(?P<key2>[^\s=!<>,()]+)\s*(?P<op>==|=|!=|>|<)\s*(?P<value>[^\s,()=!<>]*)"
    r"|(?P<key3>!?\s*[^\s=!<>,()]+))\s*(?:,|$)")


def _compares(here: str | None, op: str, limit: str) -> bool:
    try:
        number = int(here or "")
    except ValueError:
        return False
    return number > int(limit) if op == ">" else number < int(limit)


def label_test(selector: str) -> Any:
    """A function labels -> bool. Raises ValueError for text that is no selector."""
    tests = []
    rest = selector
    while rest:
        found = _REQUIREMENT.match(rest)
        if not found:
            raise ValueError(f"unable to parse requirement: {rest!r}")
        rest = rest[found.end():]
        if found["set"]:
            values = {v.strip() for v in found["values"].split(",")}
            tests.append((found["key"], found["set"], values))
        elif found["op"]:
            op = {"!=": "notin", ">": ">", "<": "<"}.get(found["op"], "in")
            tests.append((found["key2"], op, {found["value"]}))
        elif found["key3"].startswith("!"):
            tests.append((found["key3"][1:].strip(), "absent", set()))
        else:
            tests.append((found["key3"], "present", set()))

    def holds(labels: dict[str, str]) -> bool:
        for key, op, values in tests:
            here = labels.get(key)
            if op == "in" and here not in values:
                return False
            if op == "notin" and here in values:
                return False
            if op in ("absent", "present") and (op == "absent") != (here is None):
                return False
            if op in "<>" and not _compares(here, op, min(values)):
                return False
        return True

    return holds


def field_test(selector: str) -> Any:
    """A function document -> bool for the field selectors that a client of this fake may use."""
    wanted = []
    for part in filter(None, selector.split(",")):
        path, op, value = re.split(r"(!=|==|=)", part, maxsplit=1)
        wanted.append((path.split("."), op != "!=", value))

    def holds(document: dict[str, Any]) -> bool:
        for path, equal, value in wanted:
            here: Any = document
            for step in path:
                here = here.get(step, "") if isinstance(here, dict) else ""
            if (here == value) != equal:
                return False
        return True

    return holds


# -- the server -----------------------------------------------------------------------------------------------


class FakeKube(Fake):
    """A kube-apiserver as far as an adapter needs one. Every request is recorded."""

    def __init__(self, pki: Pki, scheme: str = "https") -> None:
        self._pki = pki
        self.types: list[ResourceType] = []
        self.objects: list[KubeObject] = []
        self.access: list[AccessRule] = list(DEFAULT_ACCESS)
        self.faults: list[tuple[str, Answer]] = []  # (regular expression, answer); see respond
        self.configmap: dict[str, str] | None = {
            "client-ca-file": pki.client_ca.pem(),
            "requestheader-client-ca-file": pki.proxy_ca.pem(),
            "requestheader-allowed-names": '["front-proxy-client"]',
            "requestheader-username-headers": '["X-Remote-User"]',
            "requestheader-group-headers": '["X-Remote-Group"]',
            "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
        }
        self._closing = threading.Event()
        super().__init__(pki.serving if scheme == "https" else None)

    def stop(self) -> None:
        self._closing.set()
        super().stop()

    # -- the cluster ------------------------------------------------------------------------------------------

    def find_type(self, resource: str) -> ResourceType | None:
        """The type that `pods`, `Pod`, `deployment.apps` or `ingress.networking` means."""
        name, _, group = resource.lower().partition(".")
        hits = [t for t in self.types if name in (t.plural, t.singular)]
        if group:
            hits = [t for t in hits if t.group == group] or [t for t in hits if t.group.startswith(group)]
        return hits[0] if hits else None

    def add(self, resource: str, name: str, namespace: str = "", labels: dict[str, str] | None = None,
            phase: str = "Running") -> None:
        """Create an object, or add labels to one that exists."""
        kind = self.find_type(resource)
        if not kind:
            raise ValueError(f"no resource {resource!r} in the cluster")
        namespace = namespace if kind.namespaced else ""
        for known in self.objects:
            if (known.type, known.name, known.namespace) == (kind, name, namespace):
                known.labels.update(labels or {})
                return
        self.objects.append(KubeObject(kind, name, namespace, dict(labels or {}), phase))

    # -- answers ----------------------------------------------------------------------------------------------

    def respond(self, request: Recorded) -> Answer | None:
        for pattern, answer in self.faults:
            if re.search(pattern, f"{request.path}?{request.query}" if r"\?" in pattern else request.path):
                return answer
        path = request.path.rstrip("/")
        if request.method == "POST":
            if path == "/apis/authentication.k8s.io/v1/tokenreviews":
                return self._token_review(request)
            if path == "/apis/authorization.k8s.io/v1/subjectaccessreviews":
                return self._access_review(request)
            if path.endswith("/events"):
                return Answer(201, request.body)
            return _status(404, "NotFound", "the server could not find the requested resource")
        if path in ("/api", "/apis") or re.fullmatch(r"/api/v1|/apis/[^/]+/[^/]+", path):
            return self._discovery(path)
        if path in ("/version", "/healthz", "/readyz", "/livez"):
            return json_answer({"major": "1", "minor": "31", "gitVersion": "v1.31.0"}) if path == "/version" \
                else Answer(200, b"ok", (("Content-Type", "text/plain"),))
        return self._objects(request, path)

    def _discovery(self, path: str) -> Answer:
        if path == "/api":
            return json_answer({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
        if path == "/apis":
            groups: dict[str, list[dict[str, str]]] = {}
            for t in self.types:
                entry = {"groupVersion": t.api_version, "version": t.version}
                if t.group and entry not in groups.setdefault(t.group, []):
                    groups[t.group].append(entry)
            return json_answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                {"name": name, "versions": versions, "preferredVersion": versions[0]}
                for name, versions in groups.items()]})
        version = path.removeprefix("/apis/").removeprefix("/api/")
        here = [t for t in self.types if t.api_version == version]
        if not here:
            return _status(404, "NotFound", "the server could not find the requested resource")
        return json_answer({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": [
            {"name": t.plural, "singularName": t.singular, "namespaced": t.namespaced, "kind": t.kind,
             "verbs": ["get", "list", "watch"]} for t in here]})

    def _locate(self, path: str) -> tuple[ResourceType | None, str, str]:
        """Type, namespace and name of an object path."""
        parts = path.strip("/").split("/")
        version, rest = ("v1", parts[2:]) if parts[0] == "api" else ("/".join(parts[1:3]), parts[3:])
        namespace = ""
        if len(rest) >= 3 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        if not rest or len(rest) > 2:
            return None, "", ""
        for t in self.types:
            if t.api_version == version and t.plural == rest[0]:
                return t, namespace, rest[1] if len(rest) == 2 else ""
        return None, "", ""

    def _documents(self, kind: ResourceType, namespace: str) -> list[dict[str, Any]]:
        """Documents in the order of a real server: by namespace, then name."""
        found = [o for o in self.objects if o.type == kind and (not namespace or o.namespace == namespace)]
        out = [o.document() for o in sorted(found, key=lambda o: (o.namespace, o.name))]
        if kind.kind == "ConfigMap" and self.configmap is not None and namespace in ("", "kube-system"):
            out.append({"kind": "ConfigMap", "apiVersion": "v1", "data": dict(self.configmap), "metadata": {
                "name": CONFIGMAP, "namespace": "kube-system", "uid": "uid-cm", "resourceVersion": "5"}})
        return out

    def _selected(self, request: Recorded, kind: ResourceType, namespace: str) -> list[dict[str, Any]]:
        labels = label_test(request.param("labelSelector") or "")
        fields = field_test(request.param("fieldSelector") or "")
        return [d for d in self._documents(kind, namespace)
                if labels(d["metadata"].get("labels", {})) and fields(d)]

    def _objects(self, request: Recorded, path: str) -> Answer | None:
        kind, namespace, name = self._locate(path)
        if not kind:
            return _status(404, "NotFound", "the server could not find the requested resource")
        if name:
            for document in self._documents(kind, namespace):
                if document["metadata"]["name"] == name:
                    return json_answer(_shaped(request, document))
            return _status(404, "NotFound", f'{kind.plural} "{name}" not found')
        try:
            documents = self._selected(request, kind, namespace)
        except ValueError as problem:
            return _status(400, "BadRequest", str(problem))
        if (request.param("watch") or "").lower() in ("1", "true"):
            return None
        meta: dict[str, Any] = {"resourceVersion": "10"}
        limit = int(request.param("limit") or 0)
        if limit and request.param("resourceVersion") != "0":
            start = int(request.param("continue") or 0)
            if start + limit < len(documents):
                meta["continue"] = str(start + limit)
            documents = documents[start:start + limit]
        shaped = [_shaped(request, d) for d in documents]
        if _wants_metadata(request):
            return json_answer({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
                                "metadata": meta, "items": shaped})
        for document in shaped:  # a real list carries neither kind nor apiVersion in its items
            document.pop("kind")
            document.pop("apiVersion")
        return json_answer({"kind": kind.kind + "List", "apiVersion": kind.api_version, "metadata": meta,
                            "items": shaped})

    def stream(self, request: Recorded, handler: Any) -> None:
        """A watch: the state as ADDED events where a real server would send it, then an open stream."""
        kind, namespace, _ = self._locate(request.path.rstrip("/"))
        assert kind
        handler.head(200, (JSON_TYPE,), None)
        initial = request.param("sendInitialEvents") == "true"
        if initial or request.param("resourceVersion") in (None, "", "0"):
            for document in self._selected(request, kind, namespace):
                self._event(handler, "ADDED", _shaped(request, document))
        if initial:
            mark: dict[str, Any] = {"kind": kind.kind, "apiVersion": kind.api_version,
                                    "metadata": {"resourceVersion": "10", "annotations": _BOOKMARK}}
            self._event(handler, "BOOKMARK", _shaped(request, mark))
        self._closing.wait(float(request.param("timeoutSeconds") or 300))

    @staticmethod
    def _event(handler: Any, kind: str, document: dict[str, Any]) -> None:
        handler.chunk(json.dumps({"type": kind, "object": document}).encode() + b"\n")

    def _token_review(self, request: Recorded) -> Answer:
        review = json.loads(request.body)
        token = str(review.get("spec", {}).get("token", ""))
        if token == "kit-broken":
            return _status(500, "InternalError", "scripted error")
        if token.startswith("kit-user-"):
            name = token.removeprefix("kit-user-")
            review["status"] = {"authenticated": True, "user": {
                "username": name, "uid": f"uid-{name}", "groups": ["kit:users", "system:authenticated"],
                "extra": {"kit/scope": ["one", "two"]}}}
        else:
            review["status"] = {"authenticated": False, "error": "invalid bearer token"}
        return json_answer(review, 201)

    def _access_review(self, request: Recorded) -> Answer:
        review = json.loads(request.body)
        user = review.get("spec", {}).get("user", "")
        for rule in self.access:
            if re.search(rule.user, user):
                break
        else:
            rule = AccessRule("", allowed=True)
        if rule.status != 201:
            return _status(rule.status, "InternalError", "scripted error")
        review["status"] = {"allowed": rule.allowed}
        if rule.denied:
            review["status"]["denied"] = True
        if rule.reason:
            review["status"]["reason"] = rule.reason
        body = json_answer(review, 201)
        return Answer(body.status, body.body, body.headers, rule.manner)

    # -- what was asked ---------------------------------------------------------------------------------------

    def access_reviews(self, mark: int = 0) -> list[dict[str, Any]]:
        """The `spec` of every SubjectAccessReview posted since `mark`."""
        return [json.loads(r.body).get("spec", {}) for r in self.since(mark) if "subjectaccessreviews" in r.path]

    def token_reviews(self, mark: int = 0) -> list[dict[str, Any]]:
        return [json.loads(r.body).get("spec", {}) for r in self.since(mark) if "tokenreviews" in r.path]

    # -- credentials for the adapter --------------------------------------------------------------------------

    def write_kubeconfig(self, path: Path) -> Path:
        lines = ["apiVersion: v1", "kind: Config", "clusters:", "- name: kit", "  cluster:",
                 f"    server: {self.url}"]
        if self.url.startswith("https"):
            authority = base64.b64encode(self._pki.serving_ca.pem().encode()).decode()
            lines.append(f"    certificate-authority-data: {authority}")
        lines += ["contexts:", "- name: kit", "  context:", "    cluster: kit", "    user: adapter",
                  "current-context: kit", "users:", "- name: adapter", "  user:", f"    token: {ADAPTER_TOKEN}"]
        path.write_text("\n".join(lines) + "\n")
        return path


def _wants_metadata(request: Recorded) -> bool:
    return any("as=PartialObjectMetadata" in value for value in request.header("Accept"))


def _shaped(request: Recorded, document: dict[str, Any]) -> dict[str, Any]:
    """The document itself, or only its metadata if the client asks for that."""
    if not _wants_metadata(request):
        return dict(document)
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": document["metadata"]}


def _status(code: int, reason: str, message: str) -> Answer:
    return json_answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                        "message": message, "reason": reason, "code": code}, code)
