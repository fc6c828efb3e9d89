# SPDX-License-Identifier: Apache-2.0
"""gaugelet --standalone (the release build) with a clock of its own, by libfaketime, and a Prometheus whose clock is right: the number
comes while the clocks agree, and an error that says which differ when they do not. The last line reads `N passed, N failed`.
"""
import glob
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
GAUGELET = ROOT / 'build/release/gaugelet'
FAKETIME = glob.glob('/usr/lib/*/faketime/libfaketime.so.1')
PATIENCE = 60  # seconds until an event counts as missing, on a machine that is busy
BASE = '/apis/custom.metrics.k8s.io/v1beta1'
RULES = '''rules:
- seriesQuery: 'waiting{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
'''
passed = failed = 0


def check(name, good, found=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f'FAILED {name}\n  found: {str(found)[:1500]}', flush=True)
    elif '-v' in sys.argv[1:]:
        print('ok', name, flush=True)


class Prometheus(http.server.ThreadingHTTPServer):
    """Answers each query with one sample, of the moment that was asked for and `ahead` seconds."""
    daemon_threads = True
    ahead = 0

    def __init__(self, pair=None):
        super().__init__(('127.0.0.1', 0), Handler)
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*pair)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f'{"https" if pair else "http"}://127.0.0.1:{self.server_address[1]}'
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_GET(self):
        path, _, query = self.path.partition('?')
        labels = {'namespace': 'default', 'pod': 'a'}
        if path.endswith('/series'):
            data = [{'__name__': 'waiting', **labels}]
        else:
            at = float(urllib.parse.parse_qs(query)['time'][0]) + self.server.ahead
            data = {'resultType': 'vector', 'result': [{'metric': labels, 'value': [at, '7']}]}
        body = json.dumps({'status': 'success', 'data': data}).encode()
        self.send_response(200)  # with a Date
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Gaugelet:
    def __init__(self, home, prometheus, offset, *flags):
        self.log, self.clock = home / 'gaugelet.log', home / 'clock'
        self.set_clock(offset)
        (home / 'rules.yaml').write_text(RULES)
        with open(self.log, 'wb') as out:
            self.child = subprocess.Popen(
                [GAUGELET, '--standalone', '--secure-port=0', f'--cert-dir={home}/certificates', '--cache-ttl=0s',
                 f'--config={home}/rules.yaml', f'--prometheus-url={prometheus.url}',
                 '--metrics-relist-interval=1s', '--metrics-max-age=1h', *flags],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**os.environ, 'LD_PRELOAD': FAKETIME[0], 'FAKETIME_TIMESTAMP_FILE': str(self.clock),
                     'FAKETIME_NO_CACHE': '1', 'FAKETIME_DONT_FAKE_MONOTONIC': '1', 'FAKETIME_DONT_RESET': '1'})
        self.url = 'https://127.0.0.1:' + self.until(lambda: re.search(r'serving on 127\.0\.0\.1:(\d+)',
                                                                      self.log.read_text()))[1]

    def set_clock(self, offset):
        """Whole at once: it is read before each look at the clock."""
        new = self.clock.with_suffix('.new')
        new.write_text(offset)
        new.rename(self.clock)

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        return None

    def get(self, path):
        blind = ssl.create_default_context()
        blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE  # made by another clock
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE, context=blind) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def number(self):
        status, body = self.get(f'{BASE}/namespaces/default/pods/*/waiting')
        document = json.loads(body)
        return document['items'][0]['value'] if status == 200 else document['message']

    def becomes(self, name, wanted):
        """Every answer on the way is a number that is true, or an error."""
        found = []

        def look():
            found.append(self.number())
            return wanted(found[-1])
        check(name, self.until(look), found[-3:])
        check(f'{name}: no other number before', all(a == '7' or len(a) > 20 for a in found), found)

    def skew(self):
        found = re.search(r'^gaugelet_prometheus_clock_skew_seconds\{[^}]*\} (\S+)$', self.get('/metrics')[1], re.M)
        return float(found[1]) if found else None

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        check('ends well', self.child.wait(PATIENCE) == 0, self.log.read_text()[-500:])


def differs(direction):
    return lambda answer: ('[clock-skew]' in answer and 'the clock here says' in answer and f' {direction}' in answer
                           and 'fix: ' in answer)


def is_seven(answer):
    return answer == '7'


def check_offset(home, prometheus, offset, wanted, seconds):
    gaugelet = Gaugelet(home, prometheus, offset, '--metrics-max-age=2h')
    gaugelet.becomes(f'{offset}: the answer', wanted)
    skew = gaugelet.skew()
    check(f'{offset}: the skew in /metrics', skew is not None and abs(skew + seconds) < 5, skew)
    gaugelet.end()


def check_jump(home, prometheus):
    gaugelet = Gaugelet(home, prometheus, '+0')
    gaugelet.becomes('before the jump: a number', is_seven)
    for offset, direction in (('+30m', 'behind'), ('+0', ''), ('-30m', 'ahead'), ('+0', '')):
        gaugelet.set_clock(offset)
        gaugelet.becomes(f'a jump to {offset}', differs(direction) if direction else is_seven)
    gaugelet.end()


def check_cached_jump(home, prometheus):
    """What the query cache has kept is of another time after a jump."""
    gaugelet = Gaugelet(home, prometheus, '+0', '--cache-ttl=1h')
    gaugelet.becomes('cache: a number', is_seven)
    gaugelet.set_clock('-30m')
    found = gaugelet.number()
    check('cache: a sample of the future is no number', '[clock-skew]' in found and 'of the future' in found, found)
    gaugelet.set_clock('+30m')
    found = gaugelet.number()
    check('cache: a sample that is too old is no number', '[old-samples]' in found, found)
    gaugelet.end()


def check_future(home, prometheus):
    prometheus.ahead = 365 * 86400
    gaugelet = Gaugelet(home, prometheus, '+0')
    gaugelet.becomes('a sample a year ahead is no number', lambda a: '[clock-skew]' in a and 'of the future' in a)
    gaugelet.end()
    gaugelet = Gaugelet(home, prometheus, '-30m', '--max-clock-skew=0')
    gaugelet.becomes('without a limit it is one, as upstream', is_seven)
    gaugelet.end()
    prometheus.ahead = 0


def check_certificate(home):
    """One that is good today, seen by a clock of next year and by one of last year."""
    pair = home / 'tls.crt', home / 'tls.key'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                    '-subj', '/CN=p', '-addext', 'subjectAltName=IP:127.0.0.1', '-out', pair[0], '-keyout', pair[1]],
                   check=True, capture_output=True)
    prometheus = Prometheus(pair)
    for offset, why in (('+365d', 'has expired'), ('-365d', 'not yet valid')):
        gaugelet = Gaugelet(home, prometheus, offset, f'--prometheus-ca-file={pair[0]}')
        gaugelet.becomes(f'certificate, {offset}: the clock is named',
                         lambda answer, why=why: why in answer and 'the clock here says' in answer)
        gaugelet.end()


def main():
    if not FAKETIME or not GAUGELET.exists():
        print('skipped: build/release/gaugelet and libfaketime are needed')
        return 77
    home = pathlib.Path(tempfile.mkdtemp(prefix='gaugelet-clock-'))
    prometheus = Prometheus()
    check_offset(home, prometheus, '-30m', differs('ahead'), -1800)
    check_offset(home, prometheus, '-1m', differs('ahead'), -60)
    check_offset(home, prometheus, '+0', is_seven, 0)
    check_offset(home, prometheus, '+1m', differs('behind'), 60)
    check_offset(home, prometheus, '+30m', differs('behind'), 1800)
    check_jump(home, prometheus)
    check_cached_jump(home, prometheus)
    check_future(home, prometheus)
    check_certificate(home)
    if failed == 0:
        shutil.rmtree(home)
    else:
        print(f'logs are in {home}')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


sys.exit(main())
