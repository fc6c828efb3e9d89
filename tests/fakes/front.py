# SPDX-License-Identifier: Apache-2.0
"""What a cloud puts in front of a Prometheus: who may ask, and what. Each fake notes the questions that it lets through."""
import http.server
import json
import threading
import urllib.error
import urllib.parse
import urllib.request


class Front(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, prometheus, handler):
        super().__init__(('127.0.0.1', 0), handler)
        self.prometheus = prometheus
        self.asked = []  # (endpoint, method, parameters) of what was let through
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def host(self):
        return f'127.0.0.1:{self.server_address[1]}'

    def questions(self, endpoint):
        return [parameters for name, _, parameters in list(self.asked) if name == endpoint]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.form = ''
        self.handle_one()

    def do_POST(self):
        self.form = self.rfile.read(int(self.headers.get('Content-Length', 0))).decode()
        self.handle_one()

    def handle_one(self):
        path, _, query = self.path.partition('?')
        self.answer(path, dict(urllib.parse.parse_qsl(query or self.form, keep_blank_values=True)))

    def say(self, status, body, kind='application/json', headers=()):
        raw = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in (('Content-Type', kind), ('Content-Length', str(len(raw))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def pass_on(self, endpoint, parameters):
        self.server.asked.append((endpoint, self.command, parameters))
        url = f'{self.server.prometheus}/api/v1/{endpoint}?{urllib.parse.urlencode(parameters)}'
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                self.say(answer.status, answer.read().decode())
        except urllib.error.HTTPError as answer:
            self.say(answer.code, answer.read().decode())
