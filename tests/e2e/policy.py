# SPDX-License-Identifier: Apache-2.0
"""gaugelet --standalone and Debian's Prometheus: what x-gaugelet in a rule and --sample-age make of an infinite number, of several
samples of one pod, and of series that stopped. The last line reads `N passed, N failed`.
"""
import datetime
import http.server
import signal
import ssl
import sys
import threading
import time

from standalone import (BUILD, Gaugelet, Process, Prometheus, REPORT, attempt, has_reason, refused, run_in_folder, says, tally,
                        until, wait_for)

POD = 'engine-0'
RULE = '''- seriesQuery: '{series}{{namespace!="",pod!=""}}'
  resources: {{overrides: {{namespace: {{resource: namespace}}, pod: {{resource: pod}}}}}}
  name: {{as: {name}}}
  metricsQuery: {query}
  x-gaugelet: {{{keys}}}
'''
PLAIN = '<<.Series>>{<<.LabelMatchers>>}'
SUM = f'sum({PLAIN}) by (<<.GroupBy>>)'
LAST = f'sum(last_over_time({PLAIN}[5m])) by (<<.GroupBy>>)'
MOST = 5  # seconds that a sample may be old
# name, series, query, x-gaugelet
RULES = (
    ('endless', 'endless', SUM, ''),
    ('endless_scaled', 'endless', SUM, 'infinite: 1e6'),
    ('shards_last', 'shards', PLAIN, 'onDuplicate: last'),
    ('shards_error', 'shards', PLAIN, 'onDuplicate: error'),
    ('shards_sum', 'shards', PLAIN, 'onDuplicate: sum'),
    ('shards_max', 'shards', PLAIN, 'onDuplicate: max'),
    ('late', 'late', SUM, ''),
    ('late_aged', 'late', SUM, f'sampleAge: true, maxSampleAge: {MOST}s'),
    ('late_any', 'late', SUM, 'sampleAge: true, maxSampleAge: 0'),
    ('leaving', 'leaving', LAST, ''),
    ('leaving_aged', 'leaving', LAST, 'sampleAge: true'),
)


class Engine(http.server.ThreadingHTTPServer):
    """One engine. Its series `late` has a time of its own, which never moves, as behind a remote write that hangs."""

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Page)
        self.begun_ms, self.leaves = int(time.time() * 1000), False
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def page(self):
        lines = ['endless +Inf', 'shards{shard="a"} 2', 'shards{shard="b"} 5', f'late 7 {self.begun_ms}', 'fresh 1']
        return '\n'.join(lines + ([] if self.leaves else ['leaving 4'])) + '\n'


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.page().encode()
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain; version=0.0.4')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Store(Prometheus):
    def __init__(self, home, engine):
        self.home, self.starts = home, 0
        (home / 'prometheus.yml').write_text(
            'global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n  - job_name: engine\n'
            f"    static_configs: [{{targets: ['127.0.0.1:{engine.server_port}'], labels: {{namespace: default, pod: {POD}}}}}]\n")
        self.start(0)


class Adapter(Gaugelet):
    def __init__(self, home, store, name, rules, *flags):
        certificates = home / f'{name}-certificates'
        self.process = Process(
            home, name, BUILD / 'gaugelet', '--standalone', '--secure-port=0', f'--cert-dir={certificates}',
            f'--config={rules}', f'--prometheus-url={store.url}', '--metrics-relist-interval=1s', '--metrics-max-age=5m',
            '--cache-ttl=0', '--v=6', *flags)
        self.url = 'https://127.0.0.1:' + self.process.wait_for(r'serving on 127\.0\.0\.1:(\d+)\n')[1]
        self.trust = ssl.create_default_context(cafile=certificates / 'apiserver.crt')

    def ask(self, metric, pods=POD):
        return self.get(f'/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/{pods}/{metric}')


def is_there(adapter):
    """Every series was found, so that no metric is unknown any more."""
    wait_for('the metrics to be found', lambda: True if all(
        'series' not in adapter.ask(name).message for name in ('endless', 'shards_last', 'late', 'leaving')) else None)


def is_number(name, adapter, metric, value):
    answer = until(name, lambda: adapter.ask(metric), says({POD: value}), {POD: value})
    tally.equal(f'{name}: the same in a list', {POD: value}, adapter.ask(metric, '*').values)
    return answer


def is_refused(name, adapter, metric, words, *before):
    answer = until(name, lambda: adapter.ask(metric), lambda answer: refused(answer) and words in answer.message, *before)
    tally.check(f'{name}: 404 with the reason', has_reason(answer, 404), answer)
    tally.check(f'{name}: so is a list', has_reason(adapter.ask(metric, '*'), 404), adapter.ask(metric, '*'))


def check_infinite(adapter):
    is_refused('+Inf is no number', adapter, 'endless', '1 infinite')
    is_number('+Inf is the number that the rule says', adapter, 'endless_scaled', 10 ** 6)


def check_duplicates(adapter):
    is_number('of two samples the last', adapter, 'shards_last', 5)
    is_number('of two samples the sum', adapter, 'shards_sum', 7)
    is_number('of two samples the larger', adapter, 'shards_max', 5)
    is_refused('two samples are an error', adapter, 'shards_error', '[several-samples]')
    tally.check('the log tells of duplicates, once', adapter.process.said().count('several samples of one object') == 1,
                adapter.process.said()[-500:])


def check_late(engine, adapter, aging):
    is_refused('a series that is late is refused', adapter, 'late_aged', f'the limit is {MOST}s', {POD: 7})
    is_number('without the question for its age it looks new', adapter, 'late', 7)
    answer = is_number('any age will do, and it is told', adapter, 'late_any', 7)
    begun = datetime.datetime.fromtimestamp(engine.begun_ms // 1000, datetime.timezone.utc)
    tally.equal('the time is that of the series', begun.strftime('%Y-%m-%dT%H:%M:%SZ'), answer.document['items'][0]['timestamp'])
    is_refused('--sample-age asks for all rules', aging, 'late', f'the limit is {MOST}s', {POD: 7})
    is_number('--sample-age lets pass what is new', aging, 'shards_sum', 7)


def check_leaving(engine, adapter):
    is_number('before it leaves', adapter, 'leaving', 4)
    is_number('before it leaves, with its age', adapter, 'leaving_aged', 4)
    engine.leaves = True
    is_refused('a series that has left has no age', adapter, 'leaving_aged', 'unknown age', {POD: 4})
    tally.equal('its aggregation goes on', {POD: 4}, adapter.ask('leaving').values)


def run(home):
    rules = home / 'rules.yaml'
    rules.write_text('rules:\n' + ''.join(
        RULE.format(name=name, series=series, query=repr(query), keys=keys) for name, series, query, keys in RULES))
    engine = Engine()
    store = Store(home, engine)
    adapter = Adapter(home, store, 'gaugelet', rules)
    aging = Adapter(home, store, 'gaugelet-aging', rules, '--sample-age', f'--max-sample-age={MOST}s')
    is_there(adapter)
    is_there(aging)
    attempt(check_infinite, adapter)
    attempt(check_duplicates, adapter)
    attempt(check_leaving, engine, adapter)
    attempt(check_late, engine, adapter, aging)
    for one in (adapter, aging):
        one.process.send(signal.SIGTERM)
        tally.equal(f'{one.process.name}: exit status', 0, wait_for('it to end', one.process.child.poll))
        tally.check(f'{one.process.name}: no report of the sanitizers', not REPORT.search(one.process.said()), one.process.said())
    engine.shutdown()


if __name__ == '__main__':
    sys.exit(run_in_folder('policy', run))
