# SPDX-License-Identifier: Apache-2.0
"""An adapter together with everything around it: one `World` per configuration that is tested."""

from __future__ import annotations

import itertools
import json
import shutil
import signal
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

from .adapter import Adapter, Client, json_or_none
from .cluster import AccessRule, FakeKube, parse_cluster
from .pki import Pki
from .prometheus import FakePrometheus, answer_from

CUSTOM = "/apis/custom.metrics.k8s.io"
EXTERNAL = "/apis/external.metrics.k8s.io"
RESOURCE = "/apis/metrics.k8s.io"

# Entries that adapters list when they list nothing else; they say nothing about rules.
PLACEHOLDERS = ("/custommetrics", "custommetrics", "externalmetrics", "/externalmetrics")


@dataclass
class Settings:
    """What the command line says about the adapter and the run."""

    binary: str
    profile: str = "ours"
    extra_args: list[str] = field(default_factory=list)
    kube_scheme: str = "https"
    verbosity: int = 2
    start_timeout: float = 30.0
    discovery_timeout: float = 10.0
    settle: float = 0.3
    log_lines: int = 6
    keep: Path | None = None
    lacks: set[str] = field(default_factory=set)


class Bench:
    """What all worlds of a run share: settings, certificates, a temporary directory."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = Path(tempfile.mkdtemp(prefix="kit-"))
        self.pki = Pki(self.folder / "pki")
        self.lock = threading.RLock()
        self.control: str | None = None  # what came of starting with a good configuration
        self._numbers = itertools.count(1)

    def new_folder(self, name: str) -> Path:
        with self.lock:
            path = self.folder / f"{next(self._numbers):03d}-{name}"
        path.mkdir()
        return path

    def close(self) -> None:
        if self.settings.keep:
            shutil.copytree(self.folder, self.settings.keep, dirs_exist_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)


class World:
    """Fakes plus adapter. Use as a context manager: set the fakes up, `launch`, then ask."""

    def __init__(self, bench: Bench, name: str, cluster: list[dict[str, Any]]) -> None:
        self.bench = bench
        self.settings = bench.settings
        self.folder = bench.new_folder(name)
        self.prometheus = FakePrometheus()
        self.kube = FakeKube(bench.pki, bench.settings.kube_scheme)
        self.kube.types = parse_cluster(cluster)
        self.adapter = Adapter(bench.settings.binary, self.folder, bench.pki)
        self.own_flags = ["--cache-ttl=0s"]  # the fakes change the truth faster than any scrape does
        self.config = ""

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *_: object) -> None:
        self.prometheus.release()
        self.adapter.stop()
        self.kube.stop()
        self.prometheus.stop()

    def aftermath(self) -> list[str]:
        """What went wrong that no single check saw: alarms in the log, a crash while stopping. Ask after the end."""
        status = self.adapter.exit_status
        fatal = status is not None and status < 0 and -status not in (signal.SIGTERM, signal.SIGKILL)
        return self.adapter.alarms() + ([f"the adapter ended by signal {-status}"] if fatal and status else [])

    @property
    def client(self) -> Client:
        return self.adapter.client

    def flags(self, config: str, prometheus_url: str | None = None, relist: str = "10m", max_age: str = "10m",
              more: list[str] | None = None) -> list[str]:
        """The command line, in prometheus-adapter's words. Later flags win, so extra ones come last."""
        self.config = config
        config_path = self.folder / "config.yaml"
        config_path.write_text(config)
        kubeconfig = self.kube.write_kubeconfig(self.folder / "kubeconfig")
        certs = self.bench.folder / f"serving-{threading.get_ident()}"  # one per thread: a pair is made once
        certs.mkdir(exist_ok=True)
        return [
            f"--secure-port={self.adapter.port}", f"--cert-dir={certs}",
            f"--config={config_path}", f"--prometheus-url={prometheus_url or self.prometheus.url + '/'}",
            f"--metrics-relist-interval={relist}", f"--metrics-max-age={max_age}",
            f"--lister-kubeconfig={kubeconfig}", f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}", f"--v={self.settings.verbosity}",
            *(self.own_flags if self.settings.profile == "ours" else []), *(more or []), *self.settings.extra_args]

    def launch(self, flags: list[str]) -> None:
        """Start the adapter; wait until it is ready and knows the certificate authorities.

        Those come from the ConfigMap, which an adapter may read after it has become ready.
        """
        self.adapter.start(flags)
        self.adapter.wait_ready(self.settings.start_timeout)
        self.until(self._knows_callers, min(5.0, self.settings.discovery_timeout))

    @contextmanager
    def scripted(self, prometheus: Any = None, kube: Sequence[Any] = ()) -> Iterator[None]:
        """Meanwhile every query gets the answer spec `prometheus` ({"refuse": true}: connection refused), and requests
        to the kube-apiserver what `kube` says, [[path pattern, answer spec], ...]. Afterwards all is as it was."""
        standing = self.kube.faults
        self.kube.faults = [(path, answer_from(spec)) for path, spec in kube] + standing
        if isinstance(prometheus, dict) and prometheus.get("refuse"):
            self.prometheus.stop()
        elif prometheus is not None:
            self.prometheus.script(answer_from(prometheus))
        try:
            yield
        finally:
            self.kube.faults = standing
            self.kube.release()
            if self.prometheus.stopped:
                self.prometheus.start()
            self.prometheus.script()
            self.prometheus.release()

    def _knows_callers(self) -> bool:
        proxied = [("X-Remote-User", "kit-start"), ("X-Remote-Group", "system:masters")]
        replies = (self.client.request("GET", "/apis", "admin", timeout=5),
                   self.client.request("GET", "/apis", "proxy", proxied, timeout=5))
        return any(reply.status not in (401, 403) for reply in replies)

    def wait_discovered(self, queries: list[str] | None) -> bool:
        """Until every series query has been asked and answered, and a moment longer for the adapter to digest it."""
        def complete() -> bool:
            seen = self.prometheus.answered_series
            if queries is not None:
                return all(q in seen for q in queries)
            return bool(seen) and time.time() - max(seen.values()) > 0.5
        done = self.until(complete, self.settings.discovery_timeout)
        time.sleep(self.settings.settle)
        return done

    @staticmethod
    def until(condition: Callable[[], bool], seconds: float, step: float = 0.02) -> bool:
        deadline = time.monotonic() + seconds
        while True:
            if condition():
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(step)

    def listed(self, version: str) -> dict[str, dict[str, Any]] | str:
        """The resources of a group-version by name, or what went wrong."""
        reply = self.client.request("GET", version, who="admin")
        document = json_or_none(reply)
        if reply.status != 200 or not isinstance(document, dict) or not isinstance(document.get("resources"), list):
            return reply.brief()
        return {entry.get("name", "?"): entry for entry in document["resources"]
                if entry.get("name") not in PLACEHOLDERS}


def access_rules(lines: list[dict[str, Any]]) -> list[AccessRule]:
    return [AccessRule(**line) for line in lines]


def load(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return json.load(file)
