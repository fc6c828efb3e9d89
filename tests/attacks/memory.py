# SPDX-License-Identifier: Apache-2.0
"""Answers that nobody reads, and bursts of large ones, in a container's memory limit: a well-behaved client is served
throughout, nothing is killed, and the memory goes back."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

from kitlib.prometheus import FakePrometheus, success, vector

LIMIT = 128 << 20
PODS, METRICS, DEAF, BURST = 20000, 5000, 300, 900
LARGE, LARGE_SAMPLES = 20, 60000  # queries, and samples in the answer of each: 20 MB
API = "/apis/custom.metrics.k8s.io/v1beta1"
LIST, ONE = f"{API}/namespaces/default/pods/*/waiting", f"{API}/namespaces/default/pods/vllm-0/waiting"


@contextlib.contextmanager
def cage(limit: int):
    """A memory cgroup: the file to which a process writes itself, and the one that counts kills; None where none can be made."""
    for root, bytes_file in (("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")):
        folder = Path(root, f"gaugelet-attack-{os.getpid()}")
        try:
            folder.mkdir()
            (folder / bytes_file).write_text(str(limit))
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
            continue
        try:
            yield folder
        finally:
            with contextlib.suppress(OSError):
                folder.rmdir()
        return
    yield None


def kills(folder: Path) -> int:
    for name in ("memory.events", "memory.oom_control"):
        with contextlib.suppress(OSError):
            found = re.search(r"^oom_kill (\d+)", (folder / name).read_text(), re.M)
            if found:
                return int(found.group(1))
    return 0


def resident(pid: int) -> tuple[int, int]:
    """KiB: now, and the most there were."""
    text = Path(f"/proc/{pid}/status").read_text()
    return tuple(int(re.search(rf"^{name}:\s+(\d+)", text, re.M).group(1)) for name in ("VmRSS", "VmHWM"))


TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE


class Server:
    def __init__(self, binary: str, folder: Path, prometheus: str, group: Path | None, config: str) -> None:
        (folder / "rules.yaml").write_text(config)
        self.log = folder / "log"
        enter = f"echo $$ >{group}/cgroup.procs; " if group else ""
        command = [binary, "--standalone", "--secure-port=0", "--cert-dir=", f"--config={folder / 'rules.yaml'}",
                   f"--prometheus-url={prometheus}", "--max-sample-age=0", "--cache-ttl=1m"]
        with self.log.open("wb") as log:
            self.child = subprocess.Popen(["sh", "-c", enter + 'exec "$@"', "sh", *command], stdout=log, stderr=log)
        self.port = self.until(lambda: (m := re.search(r"serving on \S+:(\d+)", self.log.read_text())) and int(m.group(1)))

    def until(self, what, seconds: float = 30):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.child.poll() is None:
            with contextlib.suppress(OSError, HTTPException):
                if value := what():
                    return value
            time.sleep(0.05)
        raise RuntimeError("the server does not come to it:\n" + self.log.read_text()[-2000:])

    def get(self, path: str) -> tuple[int, bytes]:
        link = HTTPSConnection("127.0.0.1", self.port, context=TLS, timeout=10)
        try:
            link.request("GET", path)
            answer = link.getresponse()
            return answer.status, answer.read()
        finally:
            link.close()

    def stop(self) -> int:
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        return self.child.wait(30)


def deaf(port: int, path: str) -> socket.socket | None:
    try:
        link = TLS.wrap_socket(socket.create_connection(("127.0.0.1", port), 10))
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return link
    except OSError:
        return None


class Crowd(threading.Thread):
    """So many clients that ask and do not read; who is closed comes again."""

    def __init__(self, server: Server, path: str, count: int) -> None:
        super().__init__()
        self.server, self.path, self.count = server, path, count
        self.over = threading.Event()
        self.asked = 0

    def run(self) -> None:
        links: list[socket.socket] = []
        while not self.over.is_set():
            while len(links) < self.count and not self.over.is_set():
                self.asked += 1
                if link := deaf(self.server.port, self.path):
                    links.append(link)
                else:
                    break
            self.over.wait(1)
            for link in links[: self.count // 20]:
                link.close()
            del links[: self.count // 20]
        for link in links:
            link.close()


class Good(threading.Thread):
    """One that behaves, five times a second."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        self.over = threading.Event()
        self.asked, self.failed = 0, []

    def run(self) -> None:
        while not self.over.wait(0.2):
            self.asked += 1
            try:
                status, body = self.server.get(ONE)
                if status != 200:
                    self.failed.append(f"{status} {body[:200]!r}")
            except (OSError, HTTPException) as problem:
                self.failed.append(repr(problem))


def burst(server: Server, path: str, count: int) -> int:
    """All ask first, and then all read. How many got the whole answer."""
    links = [link for _ in range(count) if (link := deaf(server.port, path))]
    whole = 0
    for link in links:
        with contextlib.suppress(OSError):
            link.settimeout(10)
            head = b""
            while b"\r\n\r\n" not in head and (piece := link.recv(65536)):
                head += piece
            start, _, body = head.partition(b"\r\n\r\n")
            left = int(re.search(rb"Content-Length: (\d+)", start, re.I).group(1)) - len(body)
            while left > 0 and (piece := link.recv(min(left, 1 << 16))):
                left -= len(piece)
            whole += left == 0 and b" 200 " in start[:20]
        link.close()
    return whole


def attack(binary: str, folder: Path, full: bool) -> list[str]:
    prometheus = FakePrometheus()
    names = [f"metric_{number:04d}" for number in range(METRICS - 1)] + ["waiting"]
    prometheus.series = [{"__name__": name, "namespace": "default", "pod": "vllm-0"} for name in names]
    pods = vector([[{"namespace": "default", "pod": f"vllm-{n}"}, "1"] for n in range(PODS)])
    prometheus.script(success(pods))
    config = ("rules:\n- seriesQuery: '{namespace!=\"\"}'\n  resources: {overrides: {namespace: {resource: namespace}, "
              "pod: {resource: pod}}}\n  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'\n")
    problems: list[str] = []
    with cage(LIMIT) as group:
        server = Server(binary, folder, prometheus.url + "/", group, config)
        try:
            server.until(lambda: server.get(ONE)[0] == 200)
            server.until(lambda: server.get(LIST)[0] == 200)
            before, _ = resident(server.child.pid)
            good = Good(server)
            good.start()
            crowd = Crowd(server, LIST, DEAF)
            crowd.start()
            time.sleep(600 if full else 15)
            crowd.over.set()
            crowd.join()
            read = burst(server, API, BURST if full else BURST // 3)
            good.over.set()
            good.join()
            end = time.monotonic() + 60
            while (after := resident(server.child.pid)[0]) > before * 1.1 and time.monotonic() < end:
                time.sleep(1)
            peak = resident(server.child.pid)[1]
            print(f"   memory: {crowd.asked} asked and did not read, {read} discovery documents of {METRICS} metrics read; RSS "
                  f"{before // 1024} -> at most {peak // 1024} -> {after // 1024} MiB"
                  f"{'' if group else ' (no cgroup)'}; the good client {good.asked} requests", flush=True)
            if good.failed:
                problems.append(f"the good client failed {len(good.failed)} of {good.asked} times: {good.failed[0]}")
            if peak > LIMIT // 1024:
                problems.append(f"{peak} KiB were resident")
            if after > before * 1.1:
                problems.append(f"the memory does not go back: {before} KiB before, {after} KiB a minute after")
            if group and kills(group):
                problems.append("the kernel killed it")
        except (RuntimeError, OSError) as problem:
            problems.append(str(problem))
        finally:
            status = server.stop()
            prometheus.stop()
        if status != 0:
            problems.append(f"exit status {status}")
    return problems


class Asker(threading.Thread):
    """Asks for one pod again and again, each time with a query that no other asks."""

    def __init__(self, server: Server, pod: str, over: threading.Event) -> None:
        super().__init__()
        self.server, self.pod, self.over = server, pod, over
        self.numbers = self.refused = 0
        self.odd: list[str] = []

    def run(self) -> None:
        while not self.over.is_set():
            try:
                status, body = self.server.get(f"{API}/namespaces/default/pods/{self.pod}/waiting")
            except (OSError, HTTPException) as problem:
                self.odd.append(repr(problem))
                continue
            self.numbers += status == 200
            self.refused += status == 503 and b"[overloaded]" in body
            if status not in (200, 503) or (status == 503 and b"[overloaded]" not in body):
                self.odd.append(f"{status} {body[:300]!r}")


def samples(binary: str, folder: Path, full: bool) -> list[str]:
    """Queries whose answers are 20 MB each, at once: some are read, the others are refused with the reason."""
    prometheus = FakePrometheus()
    prometheus.series = [{"__name__": "waiting", "namespace": "default", "pod": "vllm-0"}]
    prometheus.script(success(vector([[{"namespace": "default", "pod": f"vllm-{n}", "filler": "x" * 250}, "1"]
                                      for n in range(LARGE_SAMPLES)])))
    config = ("rules:\n- seriesQuery: 'waiting'\n  resources: {overrides: {namespace: {resource: namespace}, "
              "pod: {resource: pod}}}\n  metricsQuery: '<<.Series>>{<<.LabelMatchers>>}'\n")
    problems: list[str] = []
    with cage(LIMIT) as group:
        server = Server(binary, folder, prometheus.url + "/", group, config)
        try:
            server.until(lambda: b"pods/waiting" in server.get(API)[1])
            before, _ = resident(server.child.pid)
            over = threading.Event()
            askers = [Asker(server, f"vllm-{n}", over) for n in range(LARGE)]
            for asker in askers:
                asker.start()
            slow, end = 0.0, time.monotonic() + (600 if full else 10)
            while time.monotonic() < end and server.child.poll() is None:
                began = time.monotonic()
                if server.get("/readyz")[0] != 200:
                    problems.append("not ready")
                slow = max(slow, time.monotonic() - began)
                time.sleep(0.2)
            over.set()
            for asker in askers:
                asker.join()
            end = time.monotonic() + 60
            while (after := resident(server.child.pid)[0]) > before * 1.1 + 2048 and time.monotonic() < end:
                time.sleep(1)
            peak = resident(server.child.pid)[1]
            numbers, refused = sum(a.numbers for a in askers), sum(a.refused for a in askers)
            print(f"   samples: {numbers} numbers, {refused} refused with the reason; RSS {before // 1024} -> at most "
                  f"{peak // 1024} -> {after // 1024} MiB{'' if group else ' (no cgroup)'}; readyz within {slow:.2f} s", flush=True)
            problems += [odd for asker in askers for odd in asker.odd][:3]
            if numbers == 0 or refused == 0:
                problems.append(f"{numbers} numbers, {refused} refused: some of each should be")
            if peak > LIMIT // 1024:
                problems.append(f"{peak} KiB were resident")
            if after > before * 1.1 + 2048:
                problems.append(f"the memory does not go back: {before} KiB before, {after} KiB a minute after")
            if group and kills(group):
                problems.append("the kernel killed it")
        except (RuntimeError, OSError) as problem:
            problems.append(str(problem))
        finally:
            status = server.stop()
            prometheus.stop()
        if status != 0:
            problems.append(f"exit status {status}")
    return problems
