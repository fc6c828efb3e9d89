# SPDX-License-Identifier: Apache-2.0
"""A scripted HTTP server: the common part of the fake Prometheus and the fake kube-apiserver."""

from __future__ import annotations

import json
import os
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .pki import Identity

JSON_TYPE = ("Content-Type", "application/json")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, and the manner in which it is (mis)delivered.

    manner: plain       send it as it is
            hang        read the request, never answer
            drip        send the body in `pieces` small pieces, `pause` seconds apart
            reset       send the head and half of the body, then reset the connection
            close       send the head and half of the body, then close the connection in good order
            unfinished  send the whole body chunked, leave out the last chunk, close
            drop        close the connection without a byte
            raw         send `parts` as they are, head and all, `pause` seconds apart; then stay silent for `stay` seconds,
                        and close the connection, or `keep` it for the next request
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (JSON_TYPE,)
    manner: str = "plain"
    delay: float = 0.0
    pieces: int = 40
    pause: float = 0.1
    parts: tuple[bytes, ...] = ()
    stay: float = 0.0
    keep: bool = False


def json_answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


@dataclass
class Recorded:
    """A request that a fake has received."""

    method: str
    path: str
    query: str
    params: dict[str, list[str]]
    headers: list[tuple[str, str]]
    body: bytes
    when: float = field(default_factory=time.time)

    def param(self, name: str) -> str | None:
        values = self.params.get(name)
        return values[0] if values else None

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Fake:
    """An HTTP(S) server on a loopback port. Subclasses say what to answer in `respond`."""

    def __init__(self, tls: Identity | None = None) -> None:
        self.lock = threading.RLock()
        self.requests: list[Recorded] = []
        self._tls = tls
        self._server: _Server | None = None
        self._release = threading.Event()
        self.port = 0
        self.start()

    # -- to be overridden -------------------------------------------------------------------------------------

    def respond(self, request: Recorded) -> Answer | None:
        """The answer to `request`; None when `stream` shall write it."""
        raise NotImplementedError

    def stream(self, request: Recorded, handler: "_Handler") -> None:
        """Write an answer that never ends (a watch)."""

    # -- life -------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.authority}"

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; after a `stop` on the same port as before."""
        self._server = _Server(("127.0.0.1", self.port), self, self._tls)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on, and drop the ones that are open."""
        self.release()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.drop_connections()
            self._server = None

    def release(self) -> None:
        """Let every answer that hangs end (without a byte)."""
        with self.lock:
            self._release.set()
            self._release = threading.Event()

    def hold(self, seconds: float) -> None:
        with self.lock:
            event = self._release
        event.wait(seconds)

    @property
    def stopped(self) -> bool:
        return self._server is None

    # -- records ----------------------------------------------------------------------------------------------

    def record(self, request: Recorded) -> None:
        with self.lock:
            self.requests.append(request)

    def mark(self) -> int:
        """A position in the record, for `since`."""
        with self.lock:
            return len(self.requests)

    def since(self, mark: int) -> list[Recorded]:
        with self.lock:
            return self.requests[mark:]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], fake: Fake, tls: Identity | None) -> None:
        self.fake = fake
        self._context: ssl.SSLContext | None = None
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(tls.cert, tls.key)
        super().__init__(address, _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Runs in the connection's own thread, so a slow handshake stops nobody."""
        if self._context:
            request = self._context.wrap_socket(request, server_side=True)
        with self._open_lock:
            self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            with self._open_lock:
                self._open.discard(request)
            if self._context:
                request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Peers that go away are none of our business."""

    def drop_connections(self) -> None:
        with self._open_lock:
            victims = list(self._open)
        for connection in victims:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *args: Any) -> None:
        pass

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (OSError, ValueError):
            self.close_connection = True

    def _serve(self) -> None:
        fake = self.server.fake
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        parts = urlsplit(self.path)
        params: dict[str, list[str]] = {}
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        if "x-www-form-urlencoded" in (self.headers.get("Content-Type") or ""):
            pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        for key, value in pairs:
            params.setdefault(key, []).append(value)
        request = Recorded(self.command, parts.path, parts.query, params, list(self.headers.items()), body)
        fake.record(request)
        answer = fake.respond(request)
        if answer is None:
            fake.stream(request, self)
            self.close_connection = True
        else:
            self.deliver(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve

    def head(self, status: int, headers: tuple[tuple[str, str], ...], length: int | None) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def deliver(self, answer: Answer) -> None:
        fake = self.server.fake
        if answer.delay:
            fake.hold(answer.delay)
        if answer.manner in ("hang", "drop"):
            if answer.manner == "hang":
                fake.hold(180)
            self.close_connection = True
            return
        if answer.manner == "raw":
            self._deliver_raw(answer)
            return
        if answer.manner == "unfinished":
            self.head(answer.status, answer.headers, None)
            self.chunk(answer.body)
            self.close_connection = True
            return
        self.head(answer.status, answer.headers, len(answer.body))
        half = answer.body[: len(answer.body) // 2]
        if answer.manner == "reset":
            self.wfile.write(half)
            time.sleep(0.05)  # let the first half arrive before the reset overtakes it
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())
            self.close_connection = True
        elif answer.manner == "close":
            self.wfile.write(half)
            self.close_connection = True
        elif answer.manner == "drip":
            size = max(1, len(answer.body) // answer.pieces)
            for start in range(0, len(answer.body), size):
                self.wfile.write(answer.body[start:start + size])
                fake.hold(answer.pause)
        else:
            self.wfile.write(answer.body)

    def _deliver_raw(self, answer: Answer) -> None:
        for number, part in enumerate(answer.parts):
            if number:
                self.server.fake.hold(answer.pause)
            self.wfile.write(part)
        if answer.stay:
            self.server.fake.hold(answer.stay)
        self.close_connection = not answer.keep
