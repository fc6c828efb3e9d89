# SPDX-License-Identifier: Apache-2.0
"""gaugelet --standalone under about 1,000 requests a second while its rules file is replaced RELOADS times.

Every other file is broken. The good ones multiply by a factor of their own, so that a number tells by which rules it was made: it has
to be of rules that were in force while its request was under way. A reload is waited for by what gaugelet says of it. The release
build shows that memory stays flat, the sanitized one, with a quarter of the reloads, that nothing is used after it ended. The last
line reads `N passed, N failed`.
"""
import collections
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAKE = ROOT / 'build/release/tests/bench/fake_prometheus'
PATIENCE = 60  # seconds until an event counts as missing, on a machine that is busy
REPORT = re.compile(r'AddressSanitizer|LeakSanitizer|runtime error|CHECK')
VALUE = 11  # what the fake Prometheus says of each pod
FACTORS = 97
RATE = 1000  # requests a second, of all clients together
WITHOUT_SIGNAL = 20  # each such reload is left to inotify alone, which waits for more to come
CUSTOM = '/apis/custom.metrics.k8s.io/v1beta1'
EXTERNAL = '/apis/external.metrics.k8s.io/v1beta1'
METRIC = 'vllm:num_requests_waiting'
# path, how many numbers are in the answer; none in a document, which has to name the metric
ASKED = (
    (f'{CUSTOM}/namespaces/default/pods/vllm-0/{METRIC}', 1),
    (f'{CUSTOM}/namespaces/default/pods/*/{METRIC}', 2),
    (f'{EXTERNAL}/namespaces/default/{METRIC}', 2),
    (CUSTOM, 0),
)


class Missing(Exception):
    """What everything after it needs did not come."""


class Tally:
    passed = failed = 0
    verbose = '-v' in sys.argv[1:]

    def check(self, name, good, found=''):
        if good:
            self.passed += 1
            if self.verbose:
                print('ok', name, found, flush=True)
            return
        self.failed += 1
        print(f'FAILED {name}\n  found: {str(found)[:2000]}', flush=True)


tally = Tally()


# ---------------------------------------------------------------- the rules

def good_rules(number):
    """Every second one asks for series that no rules asked for before."""
    rule = (f"""- seriesQuery: '{{__name__=~"^vllm:.*",reload!="{number // 4}"}}'\n"""
            f'  resources: {{overrides: {{namespace: {{resource: namespace}}, pod: {{resource: pod}}}}}}\n'
            f"  metricsQuery: 'sum(<<.Series>>{{<<.LabelMatchers>>}}) by (<<.GroupBy>>) * {factor_of(number)}'\n")
    return f'# {number}\nrules:\n{rule}externalRules:\n{rule}'


def factor_of(number):
    return number % FACTORS + 1


def broken_rules(number):
    good = good_rules(number)
    return f'# {number}\n' + (
        good.replace('<<.GroupBy>>', '<<.GroupBy'), good[:-40], good.replace('seriesQuery', 'seriesQeury'), good + '\t- a\n',
    )[number // 2 % 4]


class Folder:
    """rules.yaml as a file that is replaced, or as the link that a mounted ConfigMap has."""

    def __init__(self, home):
        self.home = home
        self.path = home / 'rules.yaml'
        self.versions = collections.deque()

    def put_file(self, text):
        (self.home / 'next').write_text(text)
        os.replace(self.home / 'next', self.path)

    def put_version(self, text):
        version = self.home / f'..{len(self.versions)}.{time.monotonic_ns()}'
        version.mkdir()
        (version / 'rules.yaml').write_text(text)
        (self.home / '..data_tmp').symlink_to(version.name)
        os.replace(self.home / '..data_tmp', self.home / '..data')
        if not self.path.is_symlink():
            (self.home / 'link').symlink_to('..data/rules.yaml')
            os.replace(self.home / 'link', self.path)
        self.versions.append(version)
        if len(self.versions) > 1:
            shutil.rmtree(self.versions.popleft())

    def put(self, number, text):
        (self.put_version if number % 3 else self.put_file)(text)


# ---------------------------------------------------------------- processes

class Process:
    def __init__(self, *command):
        self.child = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)
        self.lines = queue.SimpleQueue()
        self.last = collections.deque(maxlen=40)
        self.reports = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.child.stdout:
            line = line.decode(errors='replace').rstrip('\n')
            self.last.append(line)
            if self.reports or REPORT.search(line):
                self.reports.append(line)
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, pattern):
        """The next line that has the pattern, and how many were before it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self.lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise Missing(f'no line with {pattern}') from None
            if line is None:
                raise Missing(f'it ended before a line with {pattern}')
            found = re.search(pattern, line)
            if found:
                return found

    def forget(self):
        """What was said so far."""
        while not self.lines.empty():
            self.lines.get()

    def end(self):
        """Its exit status."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.reader.join(PATIENCE)
        return self.child.returncode

    def memory_kib(self):
        status = pathlib.Path(f'/proc/{self.child.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+) kB', status)[1])

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.child.pid}/fd'))


# ---------------------------------------------------------------- requests

class Connection:
    def __init__(self, port):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(socket.create_connection(('127.0.0.1', port), PATIENCE))
        self.rest = b''

    def get(self, path):
        """Status and body."""
        self.socket.sendall(f'GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode())
        head = self.read_to(lambda: self.rest.find(b'\r\n\r\n') + 4)
        length = int(re.search(rb'(?i)\r\ncontent-length: *(\d+)', head)[1])
        return int(head[9:12]), self.read_to(lambda: length)

    def read_to(self, size_of):
        while True:
            size = size_of()
            if 4 <= size <= len(self.rest):
                taken, self.rest = self.rest[:size], self.rest[size:]
                return taken
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError('closed by the server')
            self.rest += piece


class Versions:
    """Which rules may be in force: offered is written before the file is, served after gaugelet said so."""
    offered = served = 0


class Load:
    def __init__(self, port, versions):
        self.port, self.versions = port, versions
        self.ending = threading.Event()
        self.counts = [0] * len(ASKED)
        self.slowest = 0.0
        self.bad = []
        self.threads = [threading.Thread(target=self.run, args=(number,), daemon=True) for number in range(len(ASKED))]
        self.begin = time.monotonic()
        for thread in self.threads:
            thread.start()

    def run(self, number):
        path, numbers = ASKED[number]
        try:
            connection = Connection(self.port)
            while not self.ending.is_set():
                self.ask(connection, number, path, numbers)
                due = self.begin + self.counts[number] * len(ASKED) / RATE
                time.sleep(max(0, due - time.monotonic()))
        except Exception as error:  # pylint: disable=broad-except
            self.bad.append(f'{path}: {error!r}')

    def ask(self, connection, number, path, numbers):
        first, begin = self.versions.served, time.monotonic()
        status, body = connection.get(path)
        self.slowest = max(self.slowest, time.monotonic() - begin)
        self.counts[number] += 1
        may_be = {factor_of(version) * VALUE for version in range(first, self.versions.offered + 1, 2)}
        found = [int(value) for value in re.findall(rb'"value": ?"(\d+)"', body)]
        good = len(found) == numbers and len(set(found)) <= 1 and may_be.issuperset(found)
        if status != 200 or not good or METRIC.encode() not in body:
            self.bad.append(f'{path}: {status}, expected {may_be}: {body[:600]}')

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(PATIENCE)
        return sum(self.counts), time.monotonic() - self.begin


# ---------------------------------------------------------------- the run

def replace(gaugelet, folder, versions, number):
    """The file of this number, and what gaugelet says of it."""
    good = number % 2 == 0
    gaugelet.forget()
    if good:
        versions.offered = number
    folder.put(number, good_rules(number) if good else broken_rules(number))
    if number % WITHOUT_SIGNAL > 1:
        gaugelet.child.send_signal(signal.SIGHUP)
    said = gaugelet.wait_for('serving the new rules|is not taken')[0]
    if good:
        versions.served = number
    if good != (said == 'serving the new rules'):
        raise Missing(f'file {number} was to be {"taken" if good else "refused"}')


def check_groups(name, gaugelet, folder, port):
    """Groups come and go with the rules; a file that is gone takes nothing along."""
    connection = Connection(port)
    rules = good_rules(0)
    folder.put_file(rules[:rules.index('externalRules')])
    gaugelet.wait_for('serving the new rules')
    groups = [group['name'] for group in json.loads(connection.get('/apis')[1])['groups']]
    tally.check(f'{name}: without external rules the group stays', groups == ['custom.metrics.k8s.io', 'external.metrics.k8s.io'], groups)
    status = connection.get(ASKED[2][0])[0]
    tally.check(f'{name}: and what was in it is refused', status == 404, status)
    folder.put_file('\n')
    gaugelet.wait_for('is empty')
    folder.path.unlink()
    gaugelet.child.send_signal(signal.SIGHUP)
    gaugelet.wait_for('cannot be read')
    status = connection.get(ASKED[0][0])[0]
    tally.check(f'{name}: without a file the last good rules are served', status == 200, status)
    folder.put_file(rules)
    gaugelet.wait_for('serving the new rules')
    groups = [group['name'] for group in json.loads(connection.get('/apis')[1])['groups']]
    tally.check(f'{name}: the group is back', len(groups) == 2, groups)


def check_reloads(name, gaugelet, folder, port, reloads, flat):
    versions = Versions()
    load = Load(port, versions)
    warm = max(100, reloads // 10)
    memory = descriptors = 0
    try:
        for number in range(1, warm + reloads + 1):
            replace(gaugelet, folder, versions, number)
            if number == warm:
                memory, descriptors = gaugelet.memory_kib(), gaugelet.descriptors()
    finally:
        count, seconds = load.end()
        print(f'{name}: {versions.offered} reloads, {count} requests in {seconds:.1f} s ({count / seconds:.0f} a second), the slowest '
              f'{load.slowest * 1000:.0f} ms, {len(load.bad)} failed; {memory} KiB after {warm} reloads, '
              f'{gaugelet.memory_kib() if gaugelet.child.poll() is None else 0} KiB at the end', flush=True)
    tally.check(f'{name}: no request fails and every number is right', not load.bad, load.bad[:3])
    tally.check(f'{name}: every client asked all the while', min(load.counts) > reloads / 20, load.counts)
    tally.check(f'{name}: no descriptor is left open', gaugelet.descriptors() <= descriptors + 2,
                f'{descriptors}, then {gaugelet.descriptors()}')
    if flat:
        tally.check(f'{name}: memory is flat', gaugelet.memory_kib() < memory * 1.1,
                    f'{memory} KiB after {warm} reloads, {gaugelet.memory_kib()} KiB after {reloads} more')


def run(name, home, reloads, flat):
    folder = Folder(home)
    folder.put_version(good_rules(0))
    processes = []
    try:
        fake = Process(FAKE, 10, 2)
        processes.append(fake)
        url = fake.wait_for('http://127.0.0.1:.*')[0]
        gaugelet = Process(ROOT / f'build/{name}/gaugelet', '--standalone', f'--config={folder.path}', f'--prometheus-url={url}',
                           '--secure-port=0', '--cert-dir=', '-v=5')
        processes.append(gaugelet)
        port = int(gaugelet.wait_for(r'serving on 127\.0\.0\.1:(\d+)')[1])
        gaugelet.wait_for('discovery: [1-9]')
        check_reloads(name, gaugelet, folder, port, reloads, flat)
        gaugelet.forget()
        check_groups(name, gaugelet, folder, port)
        status = gaugelet.end()
        tally.check(f'{name}: it ends as it is told', status == 0, f'status {status}: {list(gaugelet.last)[-5:]}')
        tally.check(f'{name}: the sanitizers report nothing', not gaugelet.reports, '\n'.join(gaugelet.reports[:30]))
    except Missing as missing:
        tally.check(f'{name}: {missing}', False, '\n    '.join(processes[-1].last))
    finally:
        for process in reversed(processes):
            process.end()


def main():
    os.environ.setdefault('ASAN_OPTIONS', 'abort_on_error=0:detect_leaks=1')
    os.environ.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1')
    for name in ('http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'):
        os.environ.pop(name, None)  # everything is on this machine
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    counts = [int(argument) for argument in sys.argv[1:] if argument.isdecimal()]
    reloads = counts[0] if counts else 1000
    for name, count, flat in (('release', reloads, True), ('asan', reloads // 4, False)):
        home = pathlib.Path(tempfile.mkdtemp(prefix='gaugelet-reload.'))
        try:
            run(name, home, count, flat)
        finally:
            shutil.rmtree(home, ignore_errors=True)
    print(f'{tally.passed} passed, {tally.failed} failed')
    return tally.failed > 0


if __name__ == '__main__':
    sys.exit(main())
