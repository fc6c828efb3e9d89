# SPDX-License-Identifier: Apache-2.0
"""gaugelet --standalone under load while its Prometheus is killed, stopped, slowed, cut off and restarted empty.

Every number that an engine is told is told once, so that a number in an answer tells when it was true. Each has to be one that its
pod was told, not later than the answer, and not older than the variant's flags allow; everything else has to be an error with its
reason. A fault lasts until it was felt, and each ends with new numbers from everybody. The last line reads `N passed, N failed`;
with -v each variant's worst is shown.
"""
import calendar
import collections
import http.client
import json
import shutil
import signal
import socket
import ssl
import sys
import threading
import time

from standalone import BUILD, Missing, Process, Prometheus, REPORT, ROOT, fetch, number, run_in_folder, tally, wait_for

RELEASE = ROOT / 'build/release'
FIRST = {'vllm-0': 1000, 'vllm-1': 500000}  # the number that the pod is told first; each later one is larger by 1
STEP = 0.25  # seconds between two numbers
IDLE = 3  # every so many numbers the pod runs nothing, so that waiting / running has no value
PACE = 0.25  # seconds between two questions of a client
TIMEOUT = 2  # seconds that a client waits for an answer
TTL = 5  # the default of --cache-ttl
LOOKBACK = 12  # seconds that Prometheus looks back for a series' last sample
MOST = 6  # --max-sample-age where ages are asked for
BRIDGE = 6  # --serve-stale
FROZEN = 10  # seconds for which Prometheus is stopped
SLACK = 1  # seconds between what the clocks of a busy machine say

RULE = '''- seriesQuery: 'vllm:num_requests_waiting{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
'''
SUM = 'sum(%s{<<.LabelMatchers>>}) by (%s)'
WAITING, RUNNING = (SUM % (f'vllm:num_requests_{state}', '<<.GroupBy>>') for state in ('waiting', 'running'))
RULES = (f"rules:\n{RULE}  metricsQuery: '{WAITING}'\n"
         f"{RULE}  name: {{as: ratio}}\n  metricsQuery: '{WAITING} / {RUNNING}'\n"
         f"externalRules:\n{RULE}  metricsQuery: '{SUM % ('<<.Series>>', 'pod')}'\n")
PODS = '/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods'
METRIC = 'vllm:num_requests_waiting'
QUESTIONS = {
    'list': f'{PODS}/*/{METRIC}',
    'single': f'{PODS}/vllm-0/{METRIC}',
    'external': f'/apis/external.metrics.k8s.io/v1beta1/namespaces/default/{METRIC}',
    'ratio': f'{PODS}/*/ratio',
}


# ---------------------------------------------------------------- what is true

class Truth(threading.Thread):
    """Tells the engines their numbers. A number is true from when it was sent until the next one was taken."""

    def __init__(self, home):
        super().__init__(daemon=True)
        pods = [word for pod in FIRST for word in ('--pod', f'{pod}=vllm:0')]
        self.process = Process(home, 'engines', BUILD / 'tests/emulator/engine_emulator', *pods)
        self.url = {pod: self.process.wait_for(rf'(?m)^{pod} (http://127\.0\.0\.1:\d+/)$')[1] for pod in FIRST}
        self.sent = {pod: [] for pod in FIRST}
        self.taken = {pod: [] for pod in FIRST}
        self.over = threading.Event()
        self.trouble = None
        self.tell()
        self.start()

    def tell(self):
        for pod, first in FIRST.items():
            value = first + len(self.sent[pod])
            self.sent[pod].append(time.time())
            status, body = fetch(f'{self.url[pod]}load?waiting={value}&running={0 if value % IDLE == 0 else 1}')
            if status != 200:
                raise Missing(f'{pod} does not take {value}: {body}')
            self.taken[pod].append(time.time())

    def run(self):
        try:
            while not self.over.wait(STEP):
                self.tell()
        except (Missing, OSError) as error:
            self.trouble = error

    def end(self):
        self.over.set()
        self.join(TIMEOUT)

    def span(self, pod, value):
        """From when until when the number was true; None: it never was."""
        at = value - FIRST.get(pod, value + 1)
        if at != int(at) or not 0 <= at < len(self.sent.get(pod, ())):
            return None
        at = int(at)
        return self.sent[pod][at], self.taken[pod][at + 1] if at + 1 < len(self.taken[pod]) else float('inf')


# ---------------------------------------------------------------- what may fail

class Store(Prometheus):
    """Debian's Prometheus, which scrapes both engines each second."""

    def __init__(self, home, name, truth):
        self.home, self.name, self.starts = home, name, 0
        self.data = home / f'{name}-data'
        jobs = ''.join(f"      - targets: ['{url.split('/')[2]}']\n        labels: {{namespace: default, pod: {pod}}}\n"
                       for pod, url in truth.url.items())
        (home / f'{name}.yml').write_text('global: {scrape_interval: 1s, scrape_timeout: 1s}\n'
                                          f'scrape_configs:\n  - job_name: engines\n    static_configs:\n{jobs}')
        self.start(0)

    def start(self, port):
        self.starts += 1
        self.process = Process(
            self.home, f'{self.name}-{self.starts}', 'prometheus', f'--config.file={self.home}/{self.name}.yml',
            f'--storage.tsdb.path={self.data}', f'--query.lookback-delta={LOOKBACK}s', f'--web.listen-address=127.0.0.1:{port}')
        self.port = int(self.process.wait_for(r'msg="Listening on" address=127\.0\.0\.1:(\d+)\n')[1])

    def kill(self):
        self.process.end(signal.SIGKILL)

    def empty(self):
        shutil.rmtree(self.data)


class Proxy:
    """Between gaugelet and a Prometheus. `refuse`: nobody listens; `slow`: each piece of an answer comes `delay` seconds late;
    `cut`: an answer ends after its first bytes."""

    def __init__(self, port):
        self.upstream, self.mode, self.delay = port, 'pass', 0
        self.port, self.listener = 0, None
        self.open = set()
        self.listen()

    def listen(self):
        def bind():
            try:
                self.listener = socket.create_server(('127.0.0.1', self.port), backlog=64)
            except OSError:  # somebody else's connection may have taken the port meanwhile
                return None
            return True
        wait_for('the port of the proxy to be free', bind)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def refuse(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            server = socket.create_connection(('127.0.0.1', self.upstream), TIMEOUT)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        threading.Thread(target=self.pump, args=(client, server, False), daemon=True).start()
        self.pump(server, client, True)

    def pump(self, source, sink, is_answer):
        try:
            while True:
                piece = source.recv(65536)
                if not piece:
                    break
                if is_answer and self.mode == 'slow':
                    time.sleep(self.delay)
                if is_answer and self.mode == 'cut':
                    sink.sendall(piece[:-20])
                    break
                sink.sendall(piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


# ---------------------------------------------------------------- who is asked

Answer = collections.namedtuple('Answer', 'question asked answered status items message')
Item = collections.namedtuple('Item', 'pod value stamp')


def item_of(item):
    pod = item['metricLabels']['pod'] if 'metricLabels' in item else item['describedObject']['name']
    return Item(pod, number(item['value']), calendar.timegm(time.strptime(item['timestamp'], '%Y-%m-%dT%H:%M:%SZ')))


class Client(threading.Thread):
    """Asks one question again and again, and keeps every answer."""

    def __init__(self, adapter, question):
        super().__init__(daemon=True)
        self.adapter, self.question = adapter, question
        self.answers, self.connection = [], None
        self.start()

    def run(self):
        due = time.monotonic()
        while not self.adapter.over.is_set():
            self.answers.append(self.ask())
            due = max(due + PACE, time.monotonic())
            self.adapter.over.wait(due - time.monotonic())

    def ask(self):
        asked = time.time()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPSConnection('127.0.0.1', self.adapter.port, timeout=5 * TIMEOUT,
                                                              context=self.adapter.trust)
            self.connection.request('GET', f'{QUESTIONS[self.question]}?timeout={TIMEOUT}s')
            answer = self.connection.getresponse()
            status, document = answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.connection = None
            return Answer(self.question, asked, time.time(), 0, (), f'{type(error).__name__}: {error}')
        items = tuple(item_of(item) for item in document.get('items', ()))
        return Answer(self.question, asked, time.time(), status, items, document.get('message', ''))


class Adapter:
    """A gaugelet and its clients. `ages`: for how long a number may have been untrue when it was asked for."""

    def __init__(self, home, name, build, ports, ages, *flags):
        self.name, self.ages = name, ages
        certificates = home / f'{name}-certificates'
        urls = [f'--prometheus-url=http://127.0.0.1:{port}' for port in ports]
        self.process = Process(
            home, name, build / 'gaugelet', '--standalone', '--secure-port=0', f'--cert-dir={certificates}',
            f'--config={home}/rules.yaml', *urls, '--metrics-relist-interval=2s', '--metrics-max-age=1m', *flags)
        self.port = int(self.process.wait_for(r'serving on 127\.0\.0\.1:(\d+)\n')[1])
        self.trust = ssl.create_default_context(cafile=certificates / 'apiserver.crt')
        self.over = threading.Event()
        self.clients = []

    def ask(self):
        self.clients = [Client(self, question) for question in QUESTIONS]

    def end(self):
        self.over.set()
        for client in self.clients:
            client.join(6 * TIMEOUT)

    def answers(self):
        return [answer for client in self.clients for answer in client.answers]

    def allowed(self, question):
        """The age of a ratio cannot be asked for."""
        return self.ages[1 if question == 'ratio' else 0]

    def is_new(self, truth, since):
        """Everybody has a number that was not yet true then."""
        for client in self.clients:
            last = client.answers[-1]
            spans = [truth.span(item.pod, item.value) for item in last.items]
            if not spans or any(span is None or span[0] < since for span in spans):
                return False
        return True


def refused_since(adapter, since):
    return all(client.answers[-1].asked > since and client.answers[-1].status != 200 for client in adapter.clients)


# ---------------------------------------------------------------- the faults

class Course:
    def __init__(self, home):
        (home / 'rules.yaml').write_text(RULES)
        self.truth = truth = Truth(home)
        self.main, self.spare = Store(home, 'main', truth), Store(home, 'spare', truth)
        self.proxy = Proxy(self.main.port)
        one, both = (self.proxy.port,), (self.proxy.port, self.spare.port)
        aging = ('--sample-age', f'--max-sample-age={MOST}s')
        bridging = f'--serve-stale={BRIDGE}s'
        plain, bridged = TTL + LOOKBACK, BRIDGE + LOOKBACK
        self.plain = Adapter(home, 'plain', BUILD, one, (plain, plain))
        self.aging = Adapter(home, 'aging', BUILD, one, (MOST, plain), *aging)
        self.pair = Adapter(home, 'pair', BUILD, both, (plain, plain))
        self.bridging = Adapter(home, 'bridging', BUILD, one, (bridged, bridged), bridging)
        self.all = Adapter(home, 'all-release', RELEASE, both, (MOST, bridged), *aging, bridging)
        self.adapters = [self.plain, self.aging, self.pair, self.bridging, self.all]
        self.alone = [self.plain, self.aging, self.bridging]
        self.begun = time.monotonic()

    def say(self, text):
        if tally.verbose:
            print(f'{time.monotonic() - self.begun:6.1f} s  {text}', flush=True)

    def until_new(self, what, adapters, since=None):
        """Numbers that were told after now, unless `since` says otherwise."""
        since = since or time.time()
        for adapter in adapters:
            try:
                wait_for(what, lambda: True if adapter.is_new(self.truth, since) else None, 30)
                tally.check(f'{adapter.name}: {what}', True)
            except Missing:
                tally.check(f'{adapter.name}: {what}', False, [client.answers[-1] for client in adapter.clients])
        self.say(what)

    def until_refused(self, what, adapters, since):
        for adapter in adapters:
            wait_for(f'{adapter.name}: {what}: errors', lambda: True if refused_since(adapter, since) else None, 30)
            tally.check(f'{adapter.name}: {what}: errors', True)
        self.say(f'{what}: felt')

    def kill(self):
        since = time.time()
        self.main.kill()
        self.proxy.refuse()
        self.until_new('killed: the other one is asked', [self.pair, self.all], since)
        self.until_refused('killed', self.alone, since)
        self.main.restart()
        self.proxy.listen()
        self.until_new('after killed: new numbers', self.adapters)

    def stop(self):
        since = time.time()
        self.main.process.freeze()
        time.sleep(FROZEN)  # what the fault is: Prometheus has no sample of that time
        self.until_refused('stopped', self.alone, since)
        self.main.process.send(signal.SIGCONT)
        self.spare.process.freeze()  # who had changed over comes back to one that has old samples
        since = time.time()
        self.until_new('after stopped: new numbers', self.alone, since)
        self.spare.process.send(signal.SIGCONT)
        self.until_new('after stopped: new numbers', [self.pair, self.all], since)

    def slow_and_empty(self):
        self.proxy.mode, self.proxy.delay = 'slow', TIMEOUT * 0.6
        time.sleep(TIMEOUT)  # slow answers are asked for, and used
        since = time.time()
        self.proxy.delay = 2 * TIMEOUT
        self.until_refused('slow', self.alone, since)
        since = time.time()
        self.proxy.mode = 'cut'
        self.until_refused('cut off', self.alone, since)
        self.main.kill()
        self.main.empty()
        self.main.restart()
        self.proxy.mode = 'pass'
        self.until_new('after slow, cut off and emptied: new numbers', self.adapters)

    def lose_both(self):
        since = time.time()
        for store in (self.main, self.spare):
            store.kill()
            store.empty()
        self.until_refused('both killed', self.adapters, since)
        self.main.restart()
        self.spare.restart()
        self.until_new('after both emptied: new numbers', self.adapters)

    def run(self):
        for adapter in self.adapters:
            adapter.ask()
        wait_for('answers', lambda: True if all(client.answers for adapter in self.adapters
                                               for client in adapter.clients) else None)
        self.until_new('at first: numbers', self.adapters, self.truth.sent['vllm-0'][0])
        for fault in (self.kill, self.stop, self.slow_and_empty, self.lose_both):
            fault()
        for adapter in self.adapters:
            adapter.end()
        self.truth.end()
        tally.check('the engines took all numbers', self.truth.trouble is None, self.truth.trouble)


# ---------------------------------------------------------------- the judge

class Judge:
    def __init__(self, truth, adapter):
        self.truth, self.adapter = truth, adapter
        self.wrong = collections.defaultdict(list)
        self.numbers = self.errors = self.partial = 0
        self.oldest = collections.Counter()
        self.early = 0.0
        for answer in adapter.answers():
            self.judge(answer)

    def judge(self, answer):
        if answer.status != 200:
            self.errors += 1
            if answer.status == 0:
                self.wrong['every question is answered'].append(answer)
            elif answer.status not in (404, 500) or 'fix: ' not in answer.message:
                self.wrong['every error has a reason'].append(answer)
            return
        self.numbers += 1
        if not answer.items:
            self.wrong['no list is empty'].append(answer)
        if answer.question != 'single' and len(answer.items) < len(FIRST):
            self.partial += answer.question == 'external'
        for item in answer.items:
            self.judge_item(answer, item)

    def judge_item(self, answer, item):
        span = self.truth.span(item.pod, item.value)
        if span is None or span[0] > answer.answered:
            self.wrong['every number was told to its pod'].append((answer, item))
            return
        if answer.question == 'ratio' and item.value % IDLE == 0:
            self.wrong['nothing divided by 0 is a number'].append((answer, item))
        age = max(answer.asked - span[1], 0)
        self.oldest[answer.question] = max(self.oldest[answer.question], age)
        if age > self.adapter.allowed(answer.question) + SLACK:
            self.wrong['no number is too old'].append((f'{age:.1f} s', answer, item))
        self.early = max(self.early, item.stamp - span[1])

    def tell(self):
        for what in ('every question is answered', 'every error has a reason', 'no list is empty',
                     'every number was told to its pod', 'nothing divided by 0 is a number', 'no number is too old'):
            wrong = self.wrong[what]
            tally.check(f'{self.adapter.name}: {what}', not wrong, f'{len(wrong)} times: {wrong[:3]}')
        tally.check(f'{self.adapter.name}: there were both', self.numbers > 50 and self.errors > 5, self.said())

    def said(self):
        return (f'{self.numbers} answers with numbers, {self.errors} errors; oldest ' +
                ', '.join(f'{question} {age:.1f} s' for question, age in self.oldest.items()) +
                f'; up to {self.early:.1f} s older than the timestamp; {self.partial} external lists lacked a pod')


def run(home):
    course = Course(home)
    course.run()
    for adapter in course.adapters:
        judge = Judge(course.truth, adapter)
        judge.tell()
        if tally.verbose:
            print(f'{adapter.name}: {judge.said()}')
        tally.check(f'{adapter.name}: exit status', adapter.process.end() == 0, adapter.process.said()[-1000:])
        tally.check(f'{adapter.name}: no report of the sanitizers', not REPORT.search(adapter.process.said()),
                    adapter.process.said())


if __name__ == '__main__':
    sys.exit(run_in_folder('truth', run, signal.SIGKILL))  # a Prometheus that was asked to end may take a minute
