# SPDX-License-Identifier: Apache-2.0
"""Starting the adapter under test, and talking to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .pki import Pki

# What a Go client leaves alone in a path; everything else, `*` included, arrives percent-encoded.
_RAW_IN_PATH = "-_.~$&+,:;=@"


def segment(text: str) -> str:
    """One path segment, encoded as Kubernetes clients do it."""
    return quote(text, safe=_RAW_IN_PATH)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class StartError(Exception):
    """The adapter did not become ready."""


@dataclass
class Reply:
    """An answer of the adapter. `problem` is set instead of `status` when there was none."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    seconds: float = 0.0
    problem: str = ""

    def header(self, name: str) -> str | None:
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    @property
    def media_type(self) -> str:
        return (self.header("Content-Type") or "").split(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def brief(self, limit: int = 300) -> str:
        if self.problem:
            return f"no answer ({self.problem})"
        text = self.text.strip().replace("\n", "\\n")
        return f"{self.status} {text[:limit]}{'...' if len(text) > limit else ''}"


class Client:
    """Requests over HTTPS. `who` names an identity of the Pki; empty means no client certificate."""

    def __init__(self, pki: Pki, port: int) -> None:
        self._pki = pki
        self.port = port

    def context(self, who: str = "") -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if who:
            identity = self._pki.identities[who]
            context.load_cert_chain(identity.cert, identity.key)
        return context

    def open(self, who: str = "", timeout: float = 10.0) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context(who), timeout=timeout)

    def request(self, method: str, path: str, who: str = "", headers: list[tuple[str, str]] | None = None,
                body: bytes | None = None, timeout: float = 10.0,
                connection: http.client.HTTPSConnection | None = None) -> Reply:
        """One request; never raises for what the peer does."""
        link = connection or self.open(who, timeout)
        start = time.monotonic()
        try:
            names = {name.lower() for name, _ in headers or []}
            link.putrequest(method, path, skip_host="host" in names, skip_accept_encoding=True)
            if "user-agent" not in names:
                link.putheader("User-Agent", "kit")
            for name, value in headers or []:
                link.putheader(name, value)
            if body is not None and "content-length" not in names:
                link.putheader("Content-Length", str(len(body)))
            link.endheaders(body)
            answer = link.getresponse()
            data = answer.read()
            return Reply(answer.status, answer.getheaders(), data, time.monotonic() - start)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            link.close()
            kind = "timed out" if isinstance(problem, TimeoutError) else f"{type(problem).__name__}: {problem}"
            return Reply(seconds=time.monotonic() - start, problem=kind)
        finally:
            if connection is None:
                link.close()

    def raw(self, data: bytes, who: str = "", timeout: float = 10.0, pieces: int = 1, pause: float = 0.0,
            tls: bool = True) -> Reply:
        """Send bytes as they are (in `pieces`, `pause` seconds apart) and parse what comes back as HTTP."""
        start = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout) as plain:
                link = self.context(who).wrap_socket(plain, server_hostname="localhost") if tls else plain
                size = max(1, -(-len(data) // pieces))
                for at in range(0, len(data), size):
                    link.sendall(data[at:at + size])
                    time.sleep(pause)
                answer = http.client.HTTPResponse(link)
                answer.begin()
                body = answer.read()
                return Reply(answer.status, answer.getheaders(), body, time.monotonic() - start)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            return Reply(seconds=time.monotonic() - start, problem=f"{type(problem).__name__}: {problem}")


class Adapter:
    """The child process under test."""

    # What a sanitizer or a Go runtime prints when it gives up.
    ALARMS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "MemorySanitizer", "runtime error:",
              "panic: ", "fatal error: ", "CHECK failed")

    def __init__(self, binary: str, folder: Path, pki: Pki) -> None:
        self.binary = binary
        self.log_path = folder / "adapter.log"
        self.port = free_port()
        self.client = Client(pki, self.port)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, flags: list[str]) -> None:
        with self.log_path.open("wb") as log:
            log.write((" ".join([self.binary, *flags]) + "\n").encode())
            log.flush()
            # A group of its own: a ^C for the kit then reaches the child through `stop` alone.
            self._process = subprocess.Popen([self.binary, *flags], stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=subprocess.STDOUT, start_new_session=True)

    def wait_ready(self, seconds: float) -> None:
        """Until /readyz (or, for servers without it, /healthz) answers 200."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.alive:
                raise StartError(f"the adapter exited with status {self.exit_status}\n{self.log_tail()}")
            for path in ("/readyz", "/healthz"):
                reply = self.client.request("GET", path, timeout=2)
                if reply.status == 200:
                    return
                if reply.status != 404:
                    break
            time.sleep(0.02)
        raise StartError(f"the adapter was not ready after {seconds:.0f} s\n{self.log_tail()}")

    def wait_exit(self, seconds: float) -> int | None:
        """The exit status, or None if it still runs after `seconds`."""
        assert self._process
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        return self._process.poll() if self._process else None

    @property
    def peak_memory_kib(self) -> int:
        try:
            for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines() if self._process else []:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
        except OSError:
            pass
        return 0

    def stop(self) -> int | None:
        """End the child that `start` made, and nothing else. Returns its exit status."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        return self._process.returncode

    def log_lines(self) -> list[str]:
        """The log. Its first line is the command line, which `start` wrote."""
        try:
            return self.log_path.read_text(errors="replace").splitlines()
        except OSError:
            return []

    def log_tail(self, lines: int = 15) -> str:
        return "\n".join("    | " + line[:300] for line in self.log_lines()[-lines:])

    def alarms(self) -> list[str]:
        """Log lines in which a sanitizer or the language runtime complains."""
        return [line[:300] for line in self.log_lines()[1:] if any(word in line for word in self.ALARMS)]


def tls_alert_for_old_version(port: int) -> str:
    """Offer nothing newer than TLS 1.1, by hand; say what came back: alert, hello, closed or silence."""
    ciphers = bytes.fromhex("c009 c00a c013 c014 002f 0035")  # AES with SHA-1, for keys of either kind
    extensions = bytes.fromhex("000a 0006 0004 001d 0017"  # groups: X25519, P-256
                               "000b 0002 0100")  # points: uncompressed
    body = (b"\x03\x02" + os.urandom(32) + b"\x00" + len(ciphers).to_bytes(2, "big") + ciphers + b"\x01\x00"
            + len(extensions).to_bytes(2, "big") + extensions)
    hello = b"\x01" + len(body).to_bytes(3, "big") + body
    record = b"\x16\x03\x01" + len(hello).to_bytes(2, "big") + hello
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as link:
            link.sendall(record)
            first = link.recv(1)
    except ConnectionError:
        return "closed"
    except OSError:
        return "silence"
    return {b"\x15": "alert", b"\x16": "hello", b"": "closed"}.get(first, "noise")


def json_or_none(reply: Reply) -> Any:
    """The body as JSON, or None when it is something else."""
    try:
        return json.loads(reply.body)
    except ValueError:
        return None
