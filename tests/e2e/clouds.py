# SPDX-License-Identifier: Apache-2.0
"""gaugelet --standalone and the managed Prometheus of three clouds: credentials of every kind, renewed and refused, never shown; and
one cluster's numbers among those of others.

The clouds are fakes in front of Debian's Prometheus. The last line reads `N passed, N failed`.
"""
import base64
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
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / 'tests/fakes'))
from amp import Amp, REGION  # noqa: E402
from arms import Arms  # noqa: E402
from gmp import BASE, CLUSTER, EMAIL, LOCATION, PROJECT, Gmp  # noqa: E402

GAUGELET = ROOT / 'build/asan/gaugelet'
PATIENCE = 60  # seconds until an event counts as missing, on a machine that is busy
REPORT = re.compile(r'AddressSanitizer|LeakSanitizer|runtime error|CHECK')
PATH = '/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/*/vllm:num_requests_waiting'
HERE = f'project_id="{PROJECT}",location="{LOCATION}",cluster="{CLUSTER}"'
RULES = '''rules:
- seriesQuery: 'vllm:num_requests_waiting{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>) * on () group_left () group(vllm:up)'
'''
PATTERN = RULES.replace('vllm:num_requests_waiting{', '{__name__=~"^vllm:.*",')


class Tally:
    def __init__(self):
        self.passed = self.failed = 0
        self.verbose = '-v' in sys.argv[1:]

    def check(self, name, good, found=''):
        if good:
            self.passed += 1
            if self.verbose:
                print('ok', name, flush=True)
        else:
            self.failed += 1
            print(f'FAILED {name}\n  found: {str(found)[:1500]}', flush=True)


tally = Tally()


class Missing(Exception):
    """What everything after it needs did not come."""


def wait_for(what, condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Missing(what)
        time.sleep(0.05)


class Process:
    """A program of ours; only these are ever signalled."""
    running = []

    def __init__(self, log, *command, **environment):
        self.log = log
        with open(log, 'wb') as out:
            self.child = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=out, env={**os.environ, **environment})
        Process.running.append(self)

    def said(self):
        return self.log.read_text(errors='replace')

    def wait_for(self, pattern):
        def look():
            found = re.search(pattern, self.said())
            if found is None and self.child.poll() is not None:
                raise Missing(f'{self.log.name} ended with {self.child.returncode}: {self.said()[-1000:]}')
            return found
        return wait_for(f'{self.log.name} to say {pattern}', look)

    def end(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            status = self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            status = self.child.wait()
        Process.running.remove(self)
        return status


# ---------------------------------------------------------------- what is measured: pods of one name in two clusters

class Engine(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        value = 100 if 'other' in self.path else 7
        body = f'vllm:num_requests_waiting {value}\nvllm:up 1\n'.encode()
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain; version=0.0.4')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def start_prometheus(home):
    engine = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Engine)
    threading.Thread(target=engine.serve_forever, daemon=True).start()
    target = f'127.0.0.1:{engine.server_address[1]}'
    jobs = ''.join(f'''
- job_name: {cluster}
  metrics_path: /{cluster}
  static_configs:
  - targets: ['{target}']
    labels: {{namespace: default, pod: vllm-0, project_id: {PROJECT}, location: {LOCATION}, cluster: {cluster}}}
''' for cluster in (CLUSTER, 'other'))
    (home / 'prometheus.yml').write_text(
        f'global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:{jobs}')
    process = Process(home / 'prometheus.log', 'prometheus', f'--config.file={home}/prometheus.yml',
                      f'--storage.tsdb.path={home}/prometheus', '--web.listen-address=127.0.0.1:0')
    url = 'http://127.0.0.1:' + process.wait_for(r'msg="Listening on" address=127\.0\.0\.1:(\d+)\n')[1]

    def scraped():
        try:
            with urllib.request.urlopen(f'{url}/api/v1/query?query=vllm:num_requests_waiting', timeout=PATIENCE) as answer:
                return len(json.load(answer)['data']['result']) == 2
        except urllib.error.HTTPError:  # it listens before it is ready
            return False
    wait_for('both clusters to be scraped', scraped)
    return url


# ---------------------------------------------------------------- who is asked

class Gaugelet:
    number = 0

    def __init__(self, home, *flags, rules=RULES, **environment):
        Gaugelet.number += 1
        name = f'gaugelet-{Gaugelet.number}'
        (home / f'{name}.yaml').write_text(rules)
        self.process = Process(
            home / f'{name}.log', GAUGELET, '--standalone', '--secure-port=0', f'--cert-dir={home}/{name}', '--v=6',
            f'--config={home}/{name}.yaml', '--metrics-relist-interval=1s', '--metrics-max-age=5m', '--cache-ttl=0s', *flags,
            **environment)
        self.url = 'https://127.0.0.1:' + self.process.wait_for(r'serving on 127\.0\.0\.1:(\d+)\n')[1]
        self.trust = ssl.create_default_context(cafile=home / name / 'apiserver.crt')
        self.answers = ''

    def ask(self):
        """The number of vllm-0, or the status and the reason."""
        try:
            with urllib.request.urlopen(self.url + PATH, timeout=PATIENCE, context=self.trust) as answer:
                body = answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                body = answer.read().decode()
        self.answers += body
        document = json.loads(body)
        if document['kind'] == 'Status':
            return f"{document['code']} {document['message']}"
        return {item['describedObject']['name']: item['value'] for item in document['items']}

    def becomes(self, what, wanted):
        last = []

        def look():
            last[:] = [self.ask()]
            return wanted(last[0])
        try:
            wait_for(what, look, 20)
        except Missing:
            pass
        tally.check(what, wanted(last[0]), last[0])
        return last[0]

    def end(self, what, *secrets):
        status = self.process.end()
        log = self.process.said()
        tally.check(f'{what}: ends well', status == 0 and not REPORT.search(log), log[-1500:])
        shown = [secret for secret in secrets if secret in log or secret in self.answers]
        tally.check(f'{what}: no secret in the log or an answer', not shown, shown)


def is_number(value):
    return lambda answer: answer == {'vllm-0': value}


def has(*parts):
    return lambda answer: isinstance(answer, str) and all(part in answer for part in parts)


# ---------------------------------------------------------------- Alibaba Cloud

def check_arms(home, prometheus):
    both = is_number('107')  # nobody tells the clusters apart here
    token, other = 'raw-arms-token-1', 'raw-arms-token-2'
    arms = Arms(prometheus, token)
    file = home / 'arms-token'
    file.write_text(f'{token}\n')
    gaugelet = Gaugelet(home, f'--prometheus-url={arms.url}', f'--prometheus-header-file=Authorization={file}')
    gaugelet.becomes('arms: a number by a raw token and a path with /api/v1 twice', both)
    arms.credential = other
    gaugelet.becomes('arms: a refused token has a reason with its flag',
                     has('401', 'is not valid', 'the credential in use: --prometheus-header-file'))
    file.write_text(other)
    gaugelet.becomes('arms: the token in the file is exchanged', both)
    gaugelet.end('arms', token, other)
    check_arms_basic(home, arms, both)
    check_kubeconfig(home, arms, both)


def check_arms_basic(home, arms, both):
    arms.credential = 'Basic ' + base64.b64encode(b'LTAI-key-id:the-key-secret').decode()
    gaugelet = Gaugelet(home, f'--prometheus-url={arms.url}', '--prometheus-header-env=Authorization=ARMS',
                        ARMS=arms.credential)
    gaugelet.becomes('arms: a number by AccessKey and secret', both)
    was, arms.credential = arms.credential, 'none'
    gaugelet.becomes('arms: a refused key has a reason', has('401', '--prometheus-header-env'))
    gaugelet.end('arms: key', was.split()[1], 'the-key-secret')


def check_kubeconfig(home, arms, both):
    arms.credential = 'Bearer kubeconfig-token-1'
    (home / 'kubeconfig').write_text(json.dumps({
        'current-context': 'c', 'contexts': [{'name': 'c', 'context': {'cluster': 'k', 'user': 'u'}}],
        'clusters': [{'name': 'k', 'cluster': {'server': 'https://127.0.0.1:1'}}],
        'users': [{'name': 'u', 'user': {'token': 'kubeconfig-token-1'}}]}))
    gaugelet = Gaugelet(home, f'--prometheus-url={arms.url}', f'--prometheus-auth-config={home}/kubeconfig')
    gaugelet.becomes('kubeconfig: a number by its token', both)
    gaugelet.end('kubeconfig', 'kubeconfig-token-1')


# ---------------------------------------------------------------- redirects

class Elsewhere(http.server.BaseHTTPRequestHandler):
    """What was once Prometheus, and now sends everybody on."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.send_response(307)
        self.send_header('Location', self.server.target + self.path)
        self.send_header('Content-Length', '0')
        self.end_headers()


def check_redirect(home, prometheus):
    moved = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Elsewhere)
    moved.target = prometheus
    threading.Thread(target=moved.serve_forever, daemon=True).start()
    flag = f'--prometheus-url=http://127.0.0.1:{moved.server_address[1]}'
    gaugelet = Gaugelet(home, flag)
    gaugelet.becomes('redirect: to another port there is a reason with both, and the flag',
                     has(f'127.0.0.1:{moved.server_address[1]} to another origin, {prometheus}', '--prometheus-redirects=any'))
    gaugelet.end('redirect')
    gaugelet = Gaugelet(home, flag, '--prometheus-redirects=any')
    gaugelet.becomes('redirect: with the flag there is a number', is_number('107'))
    gaugelet.end('redirect: any')


# ---------------------------------------------------------------- Amazon

def check_amp(home, prometheus):
    both = is_number('107')
    key, secret, other, session = 'AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG', 'bPxRfiCYEXAMPLEKEY', 'IQoJb3JpZ2luX2Vj'
    amp = Amp(prometheus, key, secret)
    flags = f'--prometheus-url={amp.url}', f'--aws-sigv4={REGION}'
    gaugelet = Gaugelet(home, *flags, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
    gaugelet.becomes('amp: a number by a request that is signed', both)
    amp.keys = {key: other}
    gaugelet.becomes('amp: a signature that does not match has a reason with its flag and key',
                     has('403', f'access key {key}', 'does not match', '--aws-sigv4'))
    gaugelet.end('amp', secret)
    amp.session = session
    file = home / 'aws'
    file.write_text(f'[default]\naws_access_key_id = {key}\naws_secret_access_key = {other}\n'
                    'aws_session_token = old-session\n')
    gaugelet = Gaugelet(home, *flags, '--prometheus-verb=POST', AWS_SHARED_CREDENTIALS_FILE=str(file))
    gaugelet.becomes('amp: a session that has ended has a reason', has('403', 'is expired', f'access key {key}'))
    file.write_text(file.read_text().replace('old-session', session))
    gaugelet.becomes('amp: the key in the file is exchanged', both)
    gaugelet.end('amp: session', other, session, 'old-session')


# ---------------------------------------------------------------- Google

def gmp_flags(gmp):
    url = f'http://{gmp.host}' + BASE.replace(PROJECT, 'auto').removesuffix('/api/v1/')
    return f'--prometheus-url={url}', '--gmp-project=auto', '--gmp-location=auto', '--gmp-cluster=auto'


def check_metadata(home, gmp):
    ours = is_number('7')
    gmp.metadata_out = True
    gaugelet = Gaugelet(home, '--google-auth=metadata', *gmp_flags(gmp), '--prometheus-verb=POST',
                        GCE_METADATA_HOST=gmp.host)
    gaugelet.becomes('metadata: while there is no token, that is the reason', has('metadata server', '503 not ready'))
    tally.check('metadata: nobody is asked without a token', not gmp.asked and not gmp.refused, gmp.asked)
    gmp.life, gmp.metadata_out = 2, False
    gaugelet.becomes('metadata: the number of our cluster alone', ours)
    check_matchers(gmp)
    tokens = len(gmp.given)
    wait_for('tokens to be renewed', lambda: len(gmp.given) >= tokens + 2)
    tally.check('metadata: a number with a token that was renewed', ours(gaugelet.ask()), gaugelet.answers[-500:])
    tally.check('metadata: no token was ever shown after its end', gmp.refused == 0, gmp.refused)
    gmp.life = 3600
    tokens = len(gmp.given)
    wait_for('a token of an hour', lambda: len(gmp.given) > tokens)
    gaugelet.becomes('metadata: a number with it', ours)
    gmp.revoke()
    tally.check('metadata: a token that was revoked is exchanged within the question', ours(gaugelet.ask()),
                gaugelet.answers[-500:])
    tally.check('metadata: after one 401', 1 <= gmp.refused <= 2, gmp.refused)  # discovery may have asked as well
    gmp.denied = True
    gaugelet.becomes('metadata: a missing role has a reason with the identity',
                     has('403', EMAIL, 'PERMISSION_DENIED', '--google-auth'))
    gmp.denied = False
    gaugelet.becomes('metadata: and then it is there', ours)
    gaugelet.end('metadata', *gmp.given)


def check_matchers(gmp):
    queries = [parameters['query'] for parameters in gmp.questions('query')]
    rule = [query for query in queries if query.startswith('sum(')]
    tally.check('gmp: every selector of a query is of our cluster', rule and all(
        query.count(HERE) == 2 for query in rule) and all(HERE in query for query in queries), queries)
    series = [parameters['match[]'] for parameters in gmp.questions('series')]
    tally.check('gmp: so is every search', series and all(HERE in one for one in series), series)
    methods = {(name, method) for name, method, _ in gmp.asked}
    tally.check('gmp: queries by POST, series by GET', methods == {('query', 'POST'), ('series', 'GET')}, methods)


def check_key(home, gmp):
    gmp.given.clear()
    key = gmp.make_key()
    secret = json.loads(key.read_text())['private_key'].splitlines()[5]
    url, *_ = gmp_flags(gmp)
    gaugelet = Gaugelet(home, '--google-auth=auto', url, '--gmp-project=auto', f'--gmp-location={LOCATION}',
                        f'--gmp-cluster={CLUSTER}', GOOGLE_APPLICATION_CREDENTIALS=str(key))
    gaugelet.becomes('key: a number by a signed JWT', is_number('7'))
    tally.check('key: the token was given for it', gmp.assertions == len(gmp.given) == 1, (gmp.assertions, gmp.given))
    gaugelet.end('key', secret, *gmp.given)
    subprocess.run(['openssl', 'genpkey', '-algorithm', 'RSA', '-out', home / 'foreign.pem'], check=True, capture_output=True)
    document = json.loads(key.read_text())
    document['private_key'] = (home / 'foreign.pem').read_text()
    foreign = home / 'elsewhere/foreign.json'  # nothing else that is needed stands in its folder
    foreign.parent.mkdir()
    foreign.write_text(json.dumps(document))
    gaugelet = Gaugelet(home, f'--google-auth={foreign}', url, GCE_METADATA_HOST=gmp.host)
    gaugelet.becomes('key: one that Google does not know has a reason',
                     has(EMAIL, 'invalid_grant: Invalid JWT Signature.'))
    gaugelet.end('key: foreign')


# ---------------------------------------------------------------- a client certificate

class Names(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.names.append(self.connection.getpeercert()['subject'][0][0][1])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status":"success","data":[]}')


def check_certificate(home):
    for name in ('server', 'one', 'two'):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days',
                        '2', '-subj', f'/CN={name}', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout',
                        home / f'{name}.key', '-out', home / f'{name}.crt'], check=True, capture_output=True)
    (home / 'both.crt').write_text((home / 'one.crt').read_text() + (home / 'two.crt').read_text())
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Names)
    server.names = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(home / 'server.crt', home / 'server.key')
    context.load_verify_locations(home / 'both.crt')
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def put(name):
        for end in ('key', 'crt'):
            (home / f'shown.{end}').write_text((home / f'{name}.{end}').read_text())
    put('one')
    gaugelet = Gaugelet(home, f'--prometheus-url=https://127.0.0.1:{server.server_address[1]}',
                        f'--prometheus-ca-file={home}/server.crt', f'--prometheus-client-tls-cert-file={home}/shown.crt',
                        f'--prometheus-client-tls-key-file={home}/shown.key')
    wait_for('a client certificate to be shown', lambda: server.names)
    put('two')
    wait_for('the other one to be shown', lambda: server.names[-1] == 'two')
    tally.check('certificate: one that was exchanged is shown', server.names[0] == 'one', server.names)
    gaugelet.end('certificate')


def check_load(home):
    (home / 'pattern.yaml').write_text(PATTERN)
    command = [GAUGELET, '--check-config', f'--config={home}/pattern.yaml', '--prometheus-url=http://127.0.0.1:1']
    done = subprocess.run([*command, '--gmp-cluster=c1'], capture_output=True, text=True)
    tally.check('load: a rule without an exact name is refused with its place and the mend',
                done.returncode == 2 and 'pattern.yaml:2:' in done.stderr and 'exact names' in done.stderr and
                'write a rule for each metric' in done.stderr, done)
    done = subprocess.run(command, capture_output=True, text=True)
    tally.check('load: elsewhere it is taken', done.returncode == 0, done)


def main():
    for need in (shutil.which('prometheus'), shutil.which('openssl'), GAUGELET.exists()):
        if not need:
            print('skipped: build/asan/gaugelet, prometheus and openssl are needed')
            return 77
    home = pathlib.Path(tempfile.mkdtemp(prefix='gaugelet-clouds-'))
    try:
        check_load(home)
        check_certificate(home)
        prometheus = start_prometheus(home)
        check_arms(home, prometheus)
        check_redirect(home, prometheus)
        check_amp(home, prometheus)
        gmp = Gmp(prometheus, home)
        check_metadata(home, gmp)
        check_key(home, gmp)
    except Missing as missing:
        tally.check(f'{missing}', False)
    finally:
        for process in list(Process.running):
            process.end()
        if tally.failed == 0:
            shutil.rmtree(home)
        else:
            print(f'logs are in {home}')
    print(f'{tally.passed} passed, {tally.failed} failed')
    return 1 if tally.failed else 0


if __name__ == '__main__':
    sys.exit(main())
