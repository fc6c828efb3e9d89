# SPDX-License-Identifier: Apache-2.0
"""gaugelet --standalone and Debian's Prometheus: series that come after gaugelet has looked for them. The first request after the scrape
has the number, though the next search is ten minutes away: after a start before the first scrape, when the engine comes later, and
after a Prometheus that began empty. The last line reads `N passed, N failed`.
"""
import json
import shutil
import signal
import ssl
import sys
import urllib.parse

import policy
from standalone import BUILD, Gaugelet, Process, REPORT, attempt, fetch, has_reason, run_in_folder, tally, wait_for

RULE = '''- seriesQuery: '{query}'
  resources: {{overrides: {{namespace: {{resource: namespace}}, pod: {{resource: pod}}}}}}
  metricsQuery: sum(<<.Series>>{{<<.LabelMatchers>>}}) by (<<.GroupBy>>)
'''
RULES = ''.join(RULE.format(query=query) for query in ('waiting', 'running', '{__name__=~"gpu_.*"}', 'tokens'))
EXTERNAL = 'externalRules:\n' + RULE.format(query='backlog')
LOST_AFTER = ['--metrics-relist-interval=5s', '--metrics-max-age=5s']


class Engine(policy.Engine):
    """Tells what it is given: a number by name."""

    def __init__(self):
        self.numbers = {}
        super().__init__()

    def page(self):
        return ''.join(f'{name} {value}\n' for name, value in self.numbers.items())


class Store(policy.Store):
    def begin_empty(self):
        self.process.end(signal.SIGKILL)
        shutil.rmtree(self.home / 'prometheus')
        self.restart()

    def scrape(self, engine, name, value):
        """Tells the number, and waits until it can be asked for."""
        engine.numbers[name] = value
        query = urllib.parse.quote(name)
        wait_for(f'{name} to be scraped', lambda: json.loads(fetch(f'{self.url}/api/v1/query?query={query}')[1])['data']['result'] or None)


class Adapter(Gaugelet):
    def __init__(self, home, store, name, rules, *flags):
        certificates = home / f'{name}-certificates'
        self.process = Process(home, name, BUILD / 'gaugelet', '--standalone', '--secure-port=0', f'--cert-dir={certificates}',
                               f'--config={rules}', f'--prometheus-url={store.url}', '--cache-ttl=0', '--v=5', *flags)
        self.url = 'https://127.0.0.1:' + self.process.wait_for(r'serving on 127\.0\.0\.1:(\d+)\n')[1]
        self.trust = ssl.create_default_context(cafile=certificates / 'apiserver.crt')

    def ask(self, metric):
        return self.get(f'/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/*/{metric}')

    def ask_external(self, metric):
        return self.get(f'/apis/external.metrics.k8s.io/v1beta1/namespaces/default/{metric}')


def is_missed(name, adapter, metric):
    answer = adapter.ask(metric)
    tally.check(f'{name}: before the scrape a 404 says when Prometheus was asked',
                has_reason(answer, 404) and ' ago' in answer.message, answer)


def comes(name, adapter, store, engine, metric, value):
    store.scrape(engine, metric, value)
    tally.equal(f'{name}: the first request after the scrape', {policy.POD: value}, adapter.ask(metric).values)


def check_before_first_scrape(adapter, store, engine):
    adapter.process.wait_for('discovery: waiting: 0 series')
    is_missed('before the first scrape', adapter, 'waiting')
    comes('before the first scrape', adapter, store, engine, 'waiting', 7)


def check_late_engine(adapter, store, engine):
    """Whoever asks all the while is asked to wait no longer than the rest."""
    for _ in range(4):
        is_missed('a late engine', adapter, 'running')
    comes('a late engine', adapter, store, engine, 'running', 3)


def check_pattern(adapter, store, engine):
    is_missed('a pattern', adapter, 'gpu_busy')
    comes('a pattern', adapter, store, engine, 'gpu_busy', 5)


def check_external(adapter, store, engine):
    answer = adapter.ask_external('backlog')
    tally.check('external: before the scrape a 404', has_reason(answer, 404), answer)
    store.scrape(engine, 'backlog', 9)
    items = adapter.ask_external('backlog').document.get('items', [{}])
    tally.equal('external: the first request after the scrape', ['9'], [item.get('value') for item in items])


def bring_external_rules(adapter, rules):
    """New rules keep what was found, and what was not found is still looked for."""
    rules.write_text('rules:\n' + RULES + EXTERNAL)
    adapter.process.send(signal.SIGHUP)
    adapter.process.wait_for('serving the new rules')


def check_empty_prometheus(losing, store, engine):
    comes('Prometheus begins empty', losing, store, engine, 'tokens', 2)
    engine.numbers.clear()
    store.begin_empty()
    answer = losing.ask('tokens')
    tally.check('Prometheus begins empty: the metric is still one', '[no-series]' not in answer.message, answer)
    wait_for('the metric to go', lambda: True if '[no-series]' in losing.ask('tokens').message else None)
    comes('Prometheus begins empty', losing, store, engine, 'tokens', 4)


def run(home):
    rules = home / 'rules.yaml'
    rules.write_text('rules:\n' + RULES)
    engine = Engine()
    store = Store(home, engine)
    adapter = Adapter(home, store, 'gaugelet', rules, '--metrics-relist-interval=10m', '--metrics-max-age=10m')
    losing = Adapter(home, store, 'gaugelet-losing', rules, *LOST_AFTER)
    attempt(check_before_first_scrape, adapter, store, engine)
    attempt(check_late_engine, adapter, store, engine)
    attempt(check_pattern, adapter, store, engine)
    attempt(bring_external_rules, adapter, rules)
    attempt(check_external, adapter, store, engine)
    attempt(check_empty_prometheus, losing, store, engine)
    for one in (adapter, losing):
        one.process.send(signal.SIGTERM)
        tally.equal(f'{one.process.name}: exit status', 0, wait_for('it to end', one.process.child.poll))
        tally.check(f'{one.process.name}: no report of the sanitizers', not REPORT.search(one.process.said()), one.process.said())
    engine.shutdown()


if __name__ == '__main__':
    sys.exit(run_in_folder('late', run))
