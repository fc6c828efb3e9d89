# SPDX-License-Identifier: Apache-2.0
"""gaugelet --standalone between Debian's Prometheus and emulated engines: right numbers, and a reason where there is none.

Everything listens on a free port of the loopback interface. What is waited for is an event, such as a scrape; the deadlines
are only there so that a failure ends. The last line reads `N passed, N failed`.
"""
import concurrent.futures
import decimal
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
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / 'build/asan'
RULES = ROOT / 'deploy/local/seed-003-rules.yaml'
PATIENCE = 90  # seconds until an event counts as missing, on a machine that is busy
REPORT = re.compile(r'AddressSanitizer|LeakSanitizer|runtime error|CHECK')

# name, engine, load
PODS = (
    ('vllm-0', 'vllm', {'waiting': 11, 'running': 8, 'cache': 0.75}),
    ('vllm-1', 'vllm', {'waiting': 3, 'running': 5, 'cache': 0.4}),
    ('sgl-0', 'sglang', {'waiting': 6, 'running': 4, 'cache': 0.55}),
    ('dynamo-0', 'dynamo', {'waiting': 2, 'running': 7}),
)
# metric: engine, and what of its load the metric shows
METRICS = {
    'vllm:num_requests_waiting': ('vllm', lambda load: load['waiting']),
    'vllm:num_requests_running': ('vllm', lambda load: load['running']),
    'vllm:kv_cache_usage_perc': ('vllm', lambda load: load['cache']),
    'sglang:num_queue_reqs': ('sglang', lambda load: load['waiting']),
    'sglang:num_running_reqs': ('sglang', lambda load: load['running']),
    'sglang:token_usage': ('sglang', lambda load: load['cache']),
    'nv_llm_http_service_inflight_requests': ('dynamo', lambda load: load['waiting'] + load['running']),
}
WAITING = 'vllm:num_requests_waiting'
CAPITALS = 'DCGM_FI_DEV_GPU_UTIL'  # a name that the HPA sends in lower case; Prometheus records WAITING under it
UNITS = {'n': -9, 'u': -6, 'm': -3, '': 0, 'k': 3, 'M': 6}


# ---------------------------------------------------------------- counting

class Tally:
    def __init__(self):
        self.passed = self.failed = 0
        self.verbose = '-v' in sys.argv[1:]

    def check(self, name, good, found=''):
        if good:
            self.passed += 1
            if self.verbose:
                print('ok', name)
            return
        self.failed += 1
        print(f'FAILED {name}\n  found: {str(found)[:2000]}', flush=True)

    def equal(self, name, expected, found):
        self.check(name, expected == found, f'{found!r}\n  expected: {expected!r}')


tally = Tally()


class Missing(Exception):
    """What everything after it needs did not come."""


def wait_for(what, condition, seconds=PATIENCE):
    """What `condition` returns, once that is not None."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise Missing(what)
        time.sleep(0.05)


# ---------------------------------------------------------------- processes

class Process:
    running = []

    def __init__(self, home, name, *command):
        self.name = name
        self.log = home / f'{name}.log'
        with open(self.log, 'wb') as log:
            self.child = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        Process.running.append(self)

    def said(self):
        return self.log.read_text(errors='replace')

    def wait_for(self, pattern):
        def look():
            found = re.search(pattern, self.said())
            if found is None and self.child.poll() is not None:
                raise Missing(f'{self.name} ended with {self.child.returncode}: {self.said()[-1000:]}')
            return found
        return wait_for(f'{self.name} to say {pattern}', look)

    def send(self, number):
        self.child.send_signal(number)

    def freeze(self):
        """A thread may still run for a moment after the signal was sent."""
        self.send(signal.SIGSTOP)
        stats = pathlib.Path(f'/proc/{self.child.pid}/task')
        wait_for(f'{self.name} to stand still', lambda: True if all(
            stat.read_text().rpartition(')')[2].split()[0] == 'T' for stat in stats.glob('*/stat')) else None)

    def end(self, number=signal.SIGTERM):
        """Its exit status."""
        if self.child.poll() is None:
            self.send(number)
            self.send(signal.SIGCONT)
        try:
            status = self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            status = self.child.wait()
        if self in Process.running:
            Process.running.remove(self)
        return status


def fetch(url, **arguments):
    """Status and body, whatever the status is."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE, **arguments) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read().decode()


class Engines:
    def __init__(self, home):
        pods = [word for name, engine, _ in PODS for word in ('--pod', f'{name}={engine}:0')]
        self.process = Process(home, 'engines', BUILD / 'tests/emulator/engine_emulator', *pods)
        self.url = {name: self.process.wait_for(rf'(?m)^{name} (http://127\.0\.0\.1:\d+/)$')[1] for name, _, _ in PODS}
        self.loads = {}
        for name, _, load in PODS:
            self.set(name, **load)

    def set(self, name, **load):
        self.loads.setdefault(name, {}).update(load)
        status, body = fetch(f'{self.url[name]}load?' + '&'.join(f'{key}={value}' for key, value in load.items()))
        if status != 200:
            raise Missing(f'{name} does not take its load: {body}')

    def told(self, metric):
        engine, part = METRICS[metric]
        return {name: decimal.Decimal(str(part(self.loads[name]))) for name, kind, _ in PODS if kind == engine}


class Prometheus:
    def __init__(self, home, engines):
        self.home = home
        jobs = ''.join(
            f"      - targets: ['{engines.url[name].split('/')[2]}']\n"
            f'        labels: {{namespace: default, pod: {name}}}\n' for name, _, _ in PODS)
        (home / 'prometheus.yml').write_text(
            'global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\nrule_files: [records.yml]\n'
            f'scrape_configs:\n  - job_name: engines\n    static_configs:\n{jobs}')
        (home / 'records.yml').write_text(
            f"groups:\n- name: records\n  rules:\n  - {{record: {CAPITALS}, expr: '{WAITING}'}}\n")
        self.starts = 0
        self.start(0)

    def start(self, port):
        self.starts += 1
        self.process = Process(
            self.home, f'prometheus-{self.starts}', 'prometheus', f'--config.file={self.home}/prometheus.yml',
            f'--storage.tsdb.path={self.home}/prometheus', '--storage.tsdb.retention.time=1h',
            f'--web.listen-address=127.0.0.1:{port}')
        self.port = int(self.process.wait_for(r'msg="Listening on" address=127\.0\.0\.1:(\d+)\n')[1])
        self.url = f'http://127.0.0.1:{self.port}'

    def restart(self):
        """On the same port, which a connection of somebody else may have taken meanwhile."""
        def start():
            try:
                self.start(self.port)
            except Missing:
                self.process.end()
                if 'address already in use' not in self.process.said():
                    raise
                return None
            return True
        wait_for('the port of Prometheus to be free', start)

    def scraped_at(self, pod):
        """When Prometheus scraped the pod last, by its own clock; 0: not yet."""
        status, body = fetch(f'{self.url}/api/v1/query?query=timestamp(up%7Bpod%3D%22{pod}%22%7D)')
        result = json.loads(body)['data']['result'] if status == 200 else []
        return float(result[0]['value'][1]) if result else 0.0


class Gaugelet:
    """Asked anew each time, and by the seeds' rules, unless the arguments say otherwise."""

    def __init__(self, home, prometheus, name='gaugelet', flags=('--cache-ttl=0s',), rules=(f'--config={RULES}',)):
        certificates = home / f'{name}-certificates'
        self.process = Process(
            home, name, BUILD / 'gaugelet', '--standalone', '--secure-port=0', f'--cert-dir={certificates}',
            f'--prometheus-url={prometheus.url}', '--metrics-relist-interval=2s', '--metrics-max-age=5m', '--v=6', *rules,
            *flags)
        self.url = 'https://127.0.0.1:' + self.process.wait_for(r'serving on 127\.0\.0\.1:(\d+)\n')[1]
        self.trust = ssl.create_default_context(cafile=certificates / 'apiserver.crt')

    def get(self, path):
        status, body = fetch(self.url + path, context=self.trust)
        return Answer(status, body)

    def waiting(self, pods='*', rest=''):
        return self.get(f'/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/{pods}/{WAITING}{rest}')


class Answer:
    """`values`: of each pod, or None when this is no list of metrics; `message`: of a Status."""

    def __init__(self, status, body):
        self.status, self.body = status, body
        try:
            document = json.loads(body)
        except ValueError:
            document = {}
        self.document = document if isinstance(document, dict) else {}
        self.message = self.document.get('message', '')
        self.values = None
        if self.document.get('kind') == 'MetricValueList':
            self.values = {item['describedObject']['name']: number(item['value']) for item in document['items']}

    def __str__(self):
        return f'{self.status} {self.body}'


def number(quantity):
    digits, unit = re.fullmatch(r'(-?[0-9.]+)([a-zA-Z]*)', quantity).groups()
    return decimal.Decimal(digits).scaleb(UNITS[unit])


# ---------------------------------------------------------------- readiness, asked again and again

class Watch(threading.Thread):
    def __init__(self, gaugelet):
        super().__init__(daemon=True)
        self.gaugelet, self.asked, self.bad = gaugelet, 0, []
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.1):
            try:
                answer = str(self.gaugelet.get('/readyz'))
            except OSError as error:
                answer = f'no answer: {error}'
            self.asked += 1
            if answer != '200 ok':
                self.bad.append(answer)

    def end(self):
        self.over.set()
        self.join(PATIENCE)


# ---------------------------------------------------------------- the checks

def until(what, ask, wanted, *told):
    """Asks until `wanted` holds of the answer. A number on the way that none of `told` has for its pod is wrong; an absent
    pod is not, as a scrape may fail on a busy machine."""
    wrong = []

    def look():
        answer = ask()
        for pod, value in (answer.values or {}).items():
            if value not in [numbers[pod] for numbers in told if pod in numbers]:
                wrong.append(answer)
        return answer if wanted(answer) else None

    try:
        return wait_for(what, look)
    finally:
        tally.check(f'{what}: no wrong number on the way', not wrong, wrong[0] if wrong else '')


def says(numbers):
    return lambda answer: answer.values == numbers


def refused(answer):
    return answer.status != 200


def check_seed_paths(gaugelet, engines):
    paths = re.findall(r'kubectl get --raw +"([^"]+)"', RULES.read_text())
    tally.equal('the rules name seven paths', sorted(METRICS), sorted(path.rsplit('/', 1)[1] for path in paths))
    for path in paths:
        metric = path.rsplit('/', 1)[1]
        told = engines.told(metric)
        for version in ('v1beta1', 'v1beta2'):
            answer = until(f'{version} {metric}: what the pods were told',
                           lambda: gaugelet.get(path.replace('v1beta1', version)), says(told), told)
            names = {item['metricName'] if version == 'v1beta1' else item['metric']['name']
                     for item in answer.document['items']}
            tally.equal(f'{version} {metric}: apiVersion, status and name',
                        (f'custom.metrics.k8s.io/{version}', 200, {metric}),
                        (answer.document.get('apiVersion'), answer.status, names))
    answer = gaugelet.get('/apis/custom.metrics.k8s.io/v1beta1')
    tally.equal('discovery lists them', sorted(f'{kind}/{metric}' for metric in METRICS for kind in ('namespaces', 'pods')),
                sorted(resource['name'] for resource in answer.document.get('resources', [])))


def check_external_from_rules(home, engines, prometheus):
    """The same metrics as external ones: GroupBy is empty, so that a sum is that of all pods."""
    group = '/apis/external.metrics.k8s.io/v1beta1'
    gaugelet = Gaugelet(home, prometheus, 'external', ('--external-from-rules',))
    told = engines.told(WAITING)

    def items():
        return sorted(number(item['value']) for item in answer.document.get('items', []))
    answer = until('external: a rule has it', lambda: gaugelet.get(f'{group}/namespaces/default/{WAITING}'),
                   lambda found: found.status == 200)
    tally.equal('external: grouped by nothing, the sum of all pods', [sum(told.values())], items())
    answer = gaugelet.get(group)
    tally.equal('external: all are listed', sorted(METRICS),
                sorted(resource['name'] for resource in answer.document.get('resources', [])))
    answer = Gaugelet(home, prometheus, 'custom-only').get(group)
    tally.equal('external: an empty list without the flag', (200, []), (answer.status, answer.document.get('resources')))


def answer_that(what, ask, wanted):
    def look():
        answer = ask()
        return answer if wanted(answer) else None
    return wait_for(what, look)


def external(answer):
    """The items of an external metric as (labels, number), or None."""
    if answer.document.get('kind') != 'ExternalMetricValueList':
        return None
    return [(item['metricLabels'], number(item['value'])) for item in answer.document['items']]


def check_gke(gaugelet, engines):
    """The names of GKE's adapter, without any rule."""
    groups = [f'/apis/{group}.metrics.k8s.io/v1beta1' for group in ('custom', 'external')]
    listed = [gaugelet.get(group) for group in groups]
    tally.check('gke: both groups are there, and the custom one is not empty',
                all(answer.status == 200 for answer in listed) and listed[0].document.get('resources'), listed)
    pods, shop = f'{groups[0]}/namespaces/default/pods', f'{groups[1]}/namespaces/shop/prometheus.googleapis.com%7C'
    told = engines.told(WAITING)

    def custom(rest, pod='*'):
        return lambda: gaugelet.get(f'{pods}/{pod}/prometheus.googleapis.com{rest}')

    until('gke: all pods', custom(f'%7C{WAITING}%7Cgauge'), says(told), told)
    until('gke: all pods, bars as they are', custom(f'|{WAITING}|gauge'), says(told), told)
    until('gke: one pod', custom(f'%7C{WAITING}%7Cgauge', 'vllm-1'), says({'vllm-1': told['vllm-1']}), told)
    for what in ('generation_tokens_total%7Ccounter', 'e2e_request_latency_seconds%7Chistogram'):
        answer = answer_that(f'gke: {what} of all pods', custom(f'%7Cvllm:{what}'), lambda answer: (
            answer.values and answer.values.keys() == told.keys() and all(answer.values.values())))
        tally.check(f'gke: {what} is no negative number', min(answer.values.values()) > 0, answer)
    answer = custom(f'%7C{WAITING}%7Cgauge', 'nobody-0')()
    tally.check('gke: the reason shows the query',
                has_reason(answer, 404) and f'sum by (pod) ({WAITING}{{namespace="default",pod="nobody-0"}})' in answer.message,
                answer)

    def asks(rest, wanted):
        return answer_that(f'gke: external {rest}', lambda: gaugelet.get(f'{shop}{CAPITALS.lower()}%7Cunknown{rest}'),
                           lambda answer: wanted(external(answer) or []))
    answer = asks('', lambda items: sorted(value for _, value in items) == sorted(told.values()))
    tally.equal('gke: external labels', {
        'resource.type': 'prometheus_target', 'resource.labels.job': 'engines', 'resource.labels.namespace': 'default'},
        {key: value for key, value in external(answer)[0][0].items()
         if key.startswith('resource.') and key != 'resource.labels.instance'})
    tally.equal('gke: external, the pod is a label of the metric', sorted(told),
                sorted(labels.get('metric.labels.pod') for labels, _ in external(answer)))
    tally.equal('gke: external, the name as it was asked for',
                f'prometheus.googleapis.com|{CAPITALS.lower()}|unknown', answer.document['items'][0]['metricName'])
    asks('?labelSelector=reducer%3DREDUCE_SUM', lambda items: items == [({}, sum(told.values()))])
    asks('?labelSelector=reducer%3DREDUCE_MAX,metric.labels.pod+in+(vllm-1,x),resource.labels.namespace%3Ddefault',
         lambda items: items == [({}, told['vllm-1'])])
    answer = gaugelet.get(f'{shop}{CAPITALS}%7Cunknown?labelSelector=pod%3Dvllm-1')
    tally.check('gke: wrong key', has_reason(answer, 400) and answer.message.startswith(
        'Metric label: "pod" is not allowed'), answer)
    tally.equal('gke: it ends well', 0, gaugelet.process.end())
    tally.check('gke: no report of the sanitizers', not REPORT.search(gaugelet.process.said()), gaugelet.process.said())


def has_reason(answer, status):
    """Is it a refusal that says what is wrong and what to do?"""
    return (answer.values is None and answer.status == status and answer.document.get('kind') == 'Status' and
            'fix: ' in answer.message)


def check_load(gaugelet, engines):
    old = engines.told(WAITING)
    engines.set('vllm-0', waiting=20)
    new = engines.told(WAITING)
    until('a changed load', gaugelet.waiting, says(new), old, new)
    until('a changed load, one pod by its name', lambda: gaugelet.waiting('vllm-0'), says({'vllm-0': 20}), new)


def check_fault(gaugelet, engines, prometheus, fault):
    good = engines.told(WAITING)

    engines.set('vllm-0', fault=fault)
    answer = until(f'{fault}: the pod gets a refusal', lambda: gaugelet.waiting('vllm-0'),
                   lambda answer: refused(answer) and (fault != 'nan' or 'NaN' in answer.message), good)
    tally.check(f'{fault}: 404 with the reason', has_reason(answer, 404), answer)
    until(f'{fault}: the list has the other pod only', gaugelet.waiting, says({'vllm-1': good['vllm-1']}), good)

    engines.set('vllm-1', fault=fault)
    answer = until(f'{fault} everywhere: the list is refused', gaugelet.waiting, refused, good)
    begun, wrong = prometheus.scraped_at('vllm-1'), []

    def scraped_again():
        for pods in ('*', 'vllm-0', 'vllm-1'):
            answer = gaugelet.waiting(pods)
            if not has_reason(answer, 404):
                wrong.append(answer)
        return True if prometheus.scraped_at('vllm-1') >= begun + 2 else None

    wait_for('two more scrapes', scraped_again)
    tally.check(f'{fault} everywhere: 404 with the reason over two more scrapes', not wrong, wrong[0] if wrong else '')

    for pod in good:
        engines.set(pod, fault='none')
    until(f'after {fault} the numbers come back', gaugelet.waiting, says(good), good)


def check_stopped(gaugelet, engines, prometheus):
    old = engines.told(WAITING)
    prometheus.process.freeze()
    answers, quickest = [], None
    for _ in range(3):  # a busy machine can only make it longer
        begun = time.monotonic()
        answers.append(gaugelet.waiting(rest='?timeout=2s'))
        took = time.monotonic() - begun
        quickest = took if quickest is None else min(quickest, took)
        if took < 3:
            break
    tally.check('Prometheus stopped: an error in time', 1.9 < quickest < 3, quickest)
    tally.check('Prometheus stopped: 500 with the reason', all(has_reason(answer, 500) for answer in answers),
                [str(answer) for answer in answers])
    tally.check('Prometheus stopped: the reason is the time', 'had not answered after' in answers[0].message, answers[0])
    answer = gaugelet.get('/apis/custom.metrics.k8s.io/v1beta1')
    tally.check('Prometheus stopped: discovery answers from memory',
                answer.status == 200 and len(answer.document['resources']) == 2 * len(METRICS), answer)
    engines.set('vllm-0', waiting=7)
    new = engines.told(WAITING)
    prometheus.process.send(signal.SIGCONT)
    until('Prometheus goes on', gaugelet.waiting, says(new), old, new)


def check_killed(gaugelet, engines, prometheus):
    old = engines.told(WAITING)
    prometheus.process.end(signal.SIGKILL)
    for version in ('v1beta1', 'v1beta2'):
        for metric in METRICS:
            answer = gaugelet.get(f'/apis/custom.metrics.k8s.io/{version}/namespaces/default/pods/*/{metric}')
            tally.check(f'Prometheus killed: {version} {metric}: 500, refused',
                        has_reason(answer, 500) and 'refused' in answer.message, answer)
    engines.set('vllm-1', waiting=5)
    new = engines.told(WAITING)
    prometheus.restart()
    until('Prometheus is started again', gaugelet.waiting, says(new), old, new)


def check_bridged(home, prometheus):
    """With --serve-stale the last good answer stays, as it was, until Prometheus is back."""
    gaugelet = Gaugelet(home, prometheus, 'bridging', ('--cache-ttl=1s', '--serve-stale=1m'))
    first = wait_for('an answer to keep', lambda: (lambda answer: answer if answer.values else None)(gaugelet.waiting()))
    prometheus.process.end(signal.SIGKILL)
    other = []

    def bridging():
        answer = gaugelet.waiting()
        if answer.body != first.body:
            other.append(answer)
        return True if '(--serve-stale)' in gaugelet.process.said() else None

    wait_for('the outage to be bridged', bridging)
    tally.check('Prometheus killed, --serve-stale: the last good answer', not other, other[0] if other else '')
    prometheus.restart()
    wait_for('a new answer', lambda: True if gaugelet.waiting().body != first.body else None)
    gaugelet.process.end()
    tally.check('--serve-stale: no report of the sanitizers', not REPORT.search(gaugelet.process.said()))


# ---------------------------------------------------------------- own metrics

SAMPLE = re.compile(r'(\w+?)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
ROW = re.compile(r'\| `(\w+)` \| (counter|gauge|histogram) \|(.*?)\| (.*) \|')


def documented():
    """Of docs/metrics.md: name to type, labels and meaning."""
    rows = ROW.findall((ROOT / 'docs/metrics.md').read_text())
    return {name: (kind, set(re.findall(r'`(\w+)`', labels)), meaning) for name, kind, labels, meaning in rows}


class Metrics:
    def __init__(self, gaugelet):
        _, self.text = fetch(gaugelet.url + '/metrics', context=gaugelet.trust)
        self.samples, self.families = [], {}
        for line in self.text.splitlines():
            if line.startswith('# HELP '):
                _, _, family, meaning = line.split(' ', 3)
            elif line.startswith('# TYPE '):
                self.families[family] = (line.split()[3], set(), meaning)
            else:
                name, labels, value = SAMPLE.fullmatch(line).groups()
                labels = dict(LABEL.findall(labels or ''))
                self.samples.append((name, labels, float(value)))
                self.families[family][1].update(set(labels) - {'le'})

    def total(self, name, **labels):
        return sum(value for found, has, value in self.samples if found == name and labels.items() <= has.items())


def check_own_metrics(gaugelet):
    """/metrics after all of this: promtool finds nothing to say, the document has all of it, and what happened is in it."""
    metrics = Metrics(gaugelet)
    said = subprocess.run(['promtool', 'check', 'metrics'], input=metrics.text, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False)
    tally.equal('/metrics: promtool check metrics', (0, ''), (said.returncode, said.stdout))
    rows = documented()
    for name, (kind, labels, meaning) in metrics.families.items():
        tally.equal(f'/metrics: {name} is as in docs/metrics.md', rows.get(name), (kind, labels, meaning))
    missing = {name for name in rows if name not in metrics.families}
    tally.check('/metrics: only those of the cluster and of who asks are missing',
                all(name.startswith(('gaugelet_auth_', 'gaugelet_kube_')) for name in missing), missing)
    for name, labels in [
            ('gaugelet_http_requests_total', {'route': 'custom', 'verb': 'GET', 'code': '200'}),
            ('gaugelet_http_requests_total', {'route': 'custom', 'code': '404'}),
            ('gaugelet_http_requests_total', {'route': 'custom', 'code': '500'}),
            ('gaugelet_http_requests_total', {'route': 'discovery', 'code': '200'}),
            ('gaugelet_samples_dropped_total', {'reason': 'nan'}),
            ('gaugelet_catalog_metrics', {'kind': 'custom'}),
            ('gaugelet_discovery_series', {'series_query': f'{WAITING}{{namespace!=\\"\\",pod!=\\"\\"}}'}),
            ('gaugelet_prometheus_requests_total', {'path': '/api/v1/query', 'result': '2xx'}),
            ('gaugelet_prometheus_requests_total', {'path': '/api/v1/query', 'result': 'refused'}),
            ('prometheus_adapter_prometheus_client_request_duration_seconds_count', {'path': '/api/v1/series'}),
            ('gaugelet_samples_answered_total', {}),
            ('process_resident_memory_bytes', {})]:
        tally.check(f'/metrics: {name} {labels} is counted', metrics.total(name, **labels) > 0)
    tally.equal('/metrics: each number that was answered has an age', metrics.total('gaugelet_samples_answered_total'),
                metrics.total('metrics_apiserver_metric_freshness_seconds_count'))
    for _ in range(3):
        gaugelet.waiting()
    before, after = (which.total('gaugelet_http_requests_total', route='custom') for which in (metrics, Metrics(gaugelet)))
    tally.equal('/metrics: three requests more are three more', before + 3, after)


def check_end(gaugelet, prometheus):
    """SIGTERM while a request is under way: it gets its answer, then the process ends well."""
    prometheus.process.freeze()
    before = gaugelet.process.said().count('] query: ')
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        request = pool.submit(gaugelet.waiting, rest='?timeout=4s')
        wait_for('the request to be under way',
                 lambda: True if gaugelet.process.said().count('] query: ') > before else None)
        gaugelet.process.send(signal.SIGTERM)
        answer = request.result(PATIENCE)
    tally.check('SIGTERM: a request under way gets its answer', has_reason(answer, 500), answer)
    status = wait_for('gaugelet to end', gaugelet.process.child.poll)
    prometheus.process.send(signal.SIGCONT)
    tally.equal('SIGTERM: exit status', 0, status)
    tally.check('SIGTERM: no report of the sanitizers', not REPORT.search(gaugelet.process.said()), gaugelet.process.said())
    tally.check('SIGTERM: it says so', 'stopping on signal 15' in gaugelet.process.said(), gaugelet.process.said())


# ---------------------------------------------------------------- what refuses to start

ALIASES = 'a0: &a0 [x,x,x,x,x,x,x,x,x]\n' + ''.join(
    f'a{i}: &a{i} [{",".join([f"*a{i - 1}"] * 9)}]\n' for i in range(1, 12)) + 'rules: *a11\n'
FORM = '''rules:
- seriesQuery: a
  metricQuery: b
- metricsQuery: c
- text
externalRules: {}
'''
MEANING = '''rules:
- seriesQuery: a
  metricsQuery: '<<.Series'
  name: {matches: '('}
- seriesQuery: b
  metricsQuery: c
  seriesFilters: [{is: '['}]
'''
# name, text of the rules file (None: there is none), exit status, what it says
FILES = (
    ('a missing file', None, 2, ['/rules.yaml', 'No such file or directory']),
    ('an empty file', '', 0, []),
    ('a file of 10 MB', '# ' + 'x' * 10_000_000 + '\nrules: []\n', 2, ['rules.yaml', 'bytes']),
    ('an alias bomb', ALIASES, 2, [r'rules\.yaml:\d+:\d+: ', 'alias']),
    ('deep nesting', 'rules: ' + '[' * 100_000, 2, [r'rules\.yaml:1:\d+: ', 'deep']),
    ('deep nesting of maps', 'rules: ' + '{a: ' * 100_000, 2, [r'rules\.yaml:1:\d+: ', 'deep']),
    ('an unknown key', 'rules:\n- seriesQuery: a\n  metricQuery: b\n', 2,
     [r'rules\.yaml:3:3: unknown key "metricQuery" in a rule; did you mean "metricsQuery"\?']),
    ('no YAML', 'rules: [\n', 2, [r'rules\.yaml:2:1: no YAML']),
    ('no UTF-8', b'rules: "\xff\xfe\xfd"\n', 2, [r'rules\.yaml']),
    ('all errors of form at once', FORM, 2,
     [r'rules\.yaml:3:3: unknown key', r'rules\.yaml:4:3: ', r'rules\.yaml:5:3: ', r'rules\.yaml:6:16: ']),
    ('all errors of meaning at once', MEANING, 2,
     [r'rules\.yaml:3:\d+: ', r'rules\.yaml:4:\d+: ', r'rules\.yaml:7:\d+: ']),
    ('a folder', pathlib.Path, 2, ['rules.yaml', 'irectory']),
)
# name, flags, what it says
FLAGS = (
    ('no flag at all', [], '--config is required'),
    ('an unknown flag', ['--standalone', f'--config={RULES}', '--prometheus-ulr=x'], '--prometheus-ulr'),
    ('a flag without its value', ['--config'], 'flag needs an argument: --config'),
    ('no URL', ['--standalone', f'--config={RULES}', '--prometheus-url=ftp://x'], '--prometheus-url'),
    ('no duration', ['--standalone', f'--config={RULES}', '--metrics-relist-interval=5'], '--metrics-relist-interval'),
    ('no port', ['--standalone', f'--config={RULES}', '--secure-port=70000'], '--secure-port'),
    ('a max age under the relist interval',
     ['--standalone', f'--config={RULES}', '--metrics-relist-interval=2m', '--metrics-max-age=1m'],
     'max age must not be less than relist interval'),
    ('an open door', ['--standalone', f'--config={RULES}', '--bind-address=0.0.0.0'], '--standalone-allow-remote'),
    ('neither a cluster nor --standalone', [f'--config={RULES}', '--secure-port=0'], '--standalone'),
)


def refusal(name, flags, status, patterns):
    done = subprocess.run([BUILD / 'gaugelet', *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors='replace', timeout=PATIENCE)
    said = done.stdout + done.stderr
    tally.equal(f'{name}: exit status', status, done.returncode)
    tally.check(f'{name}: says why', all(re.search(pattern, said) for pattern in patterns),
                f'{said}\n  expected: {patterns}')
    tally.check(f'{name}: no report of the sanitizers', not REPORT.search(said), said)
    return said


def check_refusals(home):
    file = home / 'rules.yaml'
    for name, text, status, patterns in FILES:
        if text is pathlib.Path:
            file.unlink()
            file.mkdir()
        elif text is not None:
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        # A file that is good must not start a server here, which would not end.
        flags = ['--standalone', '--secure-port=0', '--cert-dir=', f'--config={file}']
        said = refusal(name, flags + (['--check-config'] if status == 0 else []), status, patterns)
        if status:
            tally.check(f'{name}: not a page of it', len(said) < 4000, len(said))
    for name, flags, pattern in FLAGS:
        refusal(name, flags, 2, [re.escape(pattern)])


# ---------------------------------------------------------------- all together

def attempt(check, *arguments):
    try:
        check(*arguments)
    except Missing as missing:
        tally.check(f'{missing}', False, 'it did not come')
    except OSError as error:
        tally.check(f'{check.__name__}: all answer', False, error)


def run_in_folder(name, run, last=signal.SIGTERM):
    """Calls run(folder), ends what it left running with the signal `last` and removes the folder. Says what was counted;
    True when something failed."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    home = pathlib.Path(tempfile.mkdtemp(prefix=f'gaugelet-{name}.'))
    try:
        run(home)
    except Missing as missing:
        tally.check(f'{missing}', False, 'it did not come')
    finally:
        logs = [(process.name, process.said()) for process in Process.running]
        for process in reversed(Process.running[:]):
            process.end(last)
        shutil.rmtree(home, ignore_errors=True)
    if tally.failed:
        for name, said in logs:
            print(f'the last of {name}:', *said.splitlines()[-15:], sep='\n    ')
    print(f'{tally.passed} passed, {tally.failed} failed')
    return tally.failed > 0


def run(home):
    check_refusals(home)
    engines = Engines(home)
    prometheus = Prometheus(home, engines)
    gaugelet = Gaugelet(home, prometheus)
    watch = Watch(gaugelet)
    faults = [(check_fault, gaugelet, engines, prometheus, fault) for fault in ('nan', 'absent', '500', 'hang')]
    for check, *arguments in [
            (check_seed_paths, gaugelet, engines), (check_external_from_rules, home, engines, prometheus),
            (check_gke, Gaugelet(home, prometheus, 'gke', rules=('--gke-names',)), engines),
            (check_load, gaugelet, engines), *faults,
            (check_stopped, gaugelet, engines, prometheus), (check_killed, gaugelet, engines, prometheus),
            (check_bridged, home, prometheus)]:
        for name, _, _ in PODS:
            engines.set(name, fault='none')
        attempt(check, *arguments)
    watch.end()
    tally.check('readyz is 200 all the while', watch.asked > 20 and not watch.bad, f'{watch.asked} asked, {watch.bad[:3]}')
    attempt(check_own_metrics, gaugelet)
    attempt(check_end, gaugelet, prometheus)


def main():
    os.environ.setdefault('ASAN_OPTIONS', 'abort_on_error=0:detect_leaks=1')
    os.environ.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1')
    for name in ('http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'):
        os.environ.pop(name, None)  # everything is on this machine
    return run_in_folder('standalone', run)


if __name__ == '__main__':
    sys.exit(main())
