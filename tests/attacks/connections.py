# SPDX-License-Identifier: Apache-2.0
"""Connections that are held: bare TCP, silent TLS, and one that asks /readyz once a minute. Meanwhile a front proxy and the
kubelet's probes are served in time."""

from __future__ import annotations

import os
import select
import socket
import ssl
import subprocess
import sys
import threading
import time

ADDRESSES = [f"127.0.0.{n}" for n in range(2, 12)]


def connect(port: int, address: str) -> socket.socket:
    link = socket.socket()
    link.settimeout(5)
    link.bind((address, 0))
    link.connect(("127.0.0.1", port))
    return link


class Holder:
    """One process' share of the attack: it opens `count` connections, and again those that it loses."""

    def __init__(self, kind: str, port: int, count: int) -> None:
        self.kind, self.port, self.count = kind, port, count
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE
        self.links: dict[int, socket.socket] = {}
        self.poll = select.epoll()
        self.opened = self.lost = 0

    def open(self) -> None:
        try:
            link = connect(self.port, ADDRESSES[self.opened % len(ADDRESSES)])
            if self.kind != "tcp":
                link = self.tls.wrap_socket(link)
            if self.kind == "readyz":
                link.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        except OSError:
            self.lost += 1
            return
        finally:
            self.opened += 1
        self.links[link.fileno()] = link
        self.poll.register(link.fileno(), select.EPOLLRDHUP)

    def reap(self, wait: float) -> None:
        for fd, _ in self.poll.poll(wait):
            self.poll.unregister(fd)
            self.links.pop(fd).close()
            self.lost += 1

    def run(self, seconds: float) -> None:
        end, asked = time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < end:
            if len(self.links) < self.count:
                self.open()
            self.reap(0 if len(self.links) < self.count else 0.05)
            if self.kind == "readyz" and time.monotonic() - asked > 60:
                asked = time.monotonic()
                for link in list(self.links.values()):
                    try:
                        link.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
                    except OSError:
                        pass
        print(self.opened, self.lost, len(self.links), flush=True)


class Prober(threading.Thread):
    """Asks again and again, and notes how long each took; a new connection each time when `fresh`."""

    def __init__(self, world, path: str, who: str, fresh: bool, pause: float) -> None:
        super().__init__()
        self.world, self.path, self.who, self.fresh, self.pause = world, path, who, fresh, pause
        self.over = threading.Event()
        self.took: list[float] = []
        self.failed: list[str] = []

    def run(self) -> None:
        headers = [("X-Remote-User", "hpa"), ("X-Remote-Group", "system:masters")] if self.who else []
        link = None
        while not self.over.wait(self.pause):
            if link is None or self.fresh:
                link = self.world.client.open(self.who, 5)
            reply = self.world.client.request("GET", self.path, self.who, headers, timeout=5, connection=link)
            self.took.append(reply.seconds)
            if reply.status != 200:
                self.failed.append(reply.brief(100))
                link = None
            if self.fresh and link is not None:
                link.close()


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def calm(world, proxy_path: str, seconds: float) -> float:
    """The proxy's p99 in milliseconds when nobody attacks: how busy this machine is with other things."""
    proxy = Prober(world, proxy_path, "proxy", False, 0.01)
    proxy.start()
    time.sleep(seconds)
    proxy.over.set()
    proxy.join()
    return percentile(proxy.took, 0.99) * 1000


def attack(world, kind: str, count: int, seconds: float, proxy_path: str) -> list[str]:
    """What went wrong while `count` connections of that kind were held."""
    before = calm(world, proxy_path, 2)
    proxy = Prober(world, proxy_path, "proxy", False, 0.01)
    probe = Prober(world, "/livez", "", True, 0.2)
    holders = [subprocess.Popen([sys.executable, __file__, kind, str(world.adapter.port), str(count // 2), str(seconds)],
                                stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for prober in (proxy, probe):
        prober.start()
    held = [holder.communicate()[0].split() for holder in holders]
    for prober in (proxy, probe):
        prober.over.set()
        prober.join()
    opened, lost, open_now = (sum(int(line[i]) for line in held) for i in range(3))
    p99, worst = percentile(proxy.took, 0.99) * 1000, max(probe.took) * 1000
    print(f"   {count} of {kind}: {opened} opened, {lost} lost, {open_now} held; proxy {len(proxy.took)} requests, "
          f"p50 {percentile(proxy.took, 0.5) * 1000:.1f} ms, p99 {p99:.1f} ms (before: {before:.1f}); "
          f"probe {len(probe.took)}, p50 {percentile(probe.took, 0.5) * 1000:.1f} ms, worst {worst:.0f} ms", flush=True)
    problems = [f"{kind}: {what} failed {len(p.failed)} of {len(p.took)} times: {p.failed[0]}"
                for what, p in (("the proxy", proxy), ("a probe", probe)) if p.failed]
    if p99 >= max(50, 2 * before):
        problems.append(f"{kind}: the proxy's p99 is {p99:.0f} ms")
    if worst >= 1000:
        problems.append(f"{kind}: a probe took {worst:.0f} ms")
    return problems


if __name__ == "__main__":
    import resource
    os.nice(19)  # its processors are not ours
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    Holder(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).run(float(sys.argv[4]))
    os._exit(0)
