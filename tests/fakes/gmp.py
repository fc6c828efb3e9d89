# SPDX-License-Identifier: Apache-2.0
"""Google's managed Prometheus with what stands beside it: the metadata server, and the place where a signed JWT becomes a token.
It answers exact names of metrics alone, and series by GET alone."""
import base64
import json
import pathlib
import re
import subprocess
import time

from front import Front, Handler

PROJECT, LOCATION, CLUSTER = 'p-test-1', 'europe-west4', 'c1'
EMAIL = 'gaugelet@p-test-1.iam.gserviceaccount.com'
BASE = f'/v1/projects/{PROJECT}/location/global/prometheus/api/v1/'
METADATA = '/computeMetadata/v1/'
VALUES = {
    'project/project-id': PROJECT,
    'instance/attributes/cluster-location': LOCATION,
    'instance/attributes/cluster-name': CLUSTER,
    'instance/service-accounts/default/email': EMAIL,
}
SCOPE = 'https://www.googleapis.com/auth/monitoring.read'


class Gmp(Front):
    def __init__(self, prometheus, home):
        self.home = pathlib.Path(home)
        self.given, self.good = [], {}  # tokens; until when each is good
        self.life = 3600
        self.metadata_out = self.denied = False
        self.refused = self.assertions = 0
        super().__init__(prometheus, GmpHandler)

    def new_token(self):
        token = f'ya29.secret-{len(self.given)}-{self.server_address[1]}'
        self.given.append(token)
        self.good[token] = time.monotonic() + self.life
        return {'access_token': token, 'expires_in': self.life, 'token_type': 'Bearer'}

    def revoke(self):
        self.good.clear()

    def make_key(self):
        """The file that Google gives for a service account."""
        pem = self.home / 'account.pem'
        run('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', pem)
        run('pkey', '-in', pem, '-pubout', '-out', self.home / 'account.pub')
        path = self.home / 'account.json'
        path.write_text(json.dumps({
            'type': 'service_account', 'project_id': PROJECT, 'private_key_id': 'key-1', 'private_key': pem.read_text(),
            'client_email': EMAIL, 'token_uri': f'http://{self.host}/token'}))
        return path

    def why_not(self, assertion):
        """What is wrong with a JWT; None: nothing."""
        head, claims, signature = assertion.split('.')
        (self.home / 'signature').write_bytes(decoded(signature))
        (self.home / 'signed').write_text(f'{head}.{claims}')
        done = subprocess.run(['openssl', 'dgst', '-sha256', '-verify', self.home / 'account.pub', '-signature',
                               self.home / 'signature', self.home / 'signed'], capture_output=True)
        if done.returncode:
            return 'Invalid JWT Signature.'
        head, claims = json.loads(decoded(head)), json.loads(decoded(claims))
        want = {'iss': EMAIL, 'scope': SCOPE, 'aud': f'http://{self.host}/token'}
        if head != {'alg': 'RS256', 'typ': 'JWT', 'kid': 'key-1'} or not want.items() <= claims.items():
            return f'Invalid JWT: {head} {claims}'
        if abs(claims['iat'] - time.time()) > 60 or claims['exp'] > claims['iat'] + 3600:
            return 'Invalid JWT: it is not of now.'
        return None


def decoded(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def run(*command):
    subprocess.run(['openssl', *command], check=True, capture_output=True)


class GmpHandler(Handler):
    def answer(self, path, parameters):
        if path.startswith(METADATA):
            self.answer_metadata(path[len(METADATA):])
        elif path == '/token':
            self.answer_token(parameters)
        else:
            self.answer_question(path, parameters)

    def answer_metadata(self, name):
        flavor = (('Metadata-Flavor', 'Google'),)
        if self.headers.get('Metadata-Flavor') != 'Google':
            self.say(403, 'Metadata-Flavor is missing', 'text/plain')
        elif self.server.metadata_out:
            self.say(503, 'not ready', 'text/plain', flavor)
        elif name == 'instance/service-accounts/default/token':
            self.say(200, self.server.new_token(), headers=flavor)
        elif name in VALUES:
            self.say(200, VALUES[name], 'application/text', flavor)
        else:
            self.say(404, 'not found', 'text/plain', flavor)

    def answer_token(self, parameters):
        self.server.assertions += 1
        wrong = 'grant_type' if parameters.get('grant_type') != 'urn:ietf:params:oauth:grant-type:jwt-bearer' else \
            self.server.why_not(parameters.get('assertion', '..'))
        if wrong:
            self.say(400, {'error': 'invalid_grant', 'error_description': wrong})
        else:
            self.say(200, self.server.new_token())

    def refuse(self, code, status, message):
        self.say(code, {'error': {'code': code, 'message': message, 'status': status}})

    def answer_question(self, path, parameters):
        token = self.headers.get('Authorization', '').removeprefix('Bearer ')
        subject = parameters.get('query', parameters.get('match[]', ''))
        if time.monotonic() >= self.server.good.get(token, 0):
            self.server.refused += 1
            self.refuse(401, 'UNAUTHENTICATED', f'Request had invalid authentication credentials: {token}')
        elif self.server.denied:
            self.refuse(403, 'PERMISSION_DENIED', f'Permission monitoring.timeSeries.list denied to {token}')
        elif not path.startswith(BASE) or path[len(BASE):] not in ('query', 'series', 'label/__name__/values'):
            self.refuse(404, 'NOT_FOUND', f'no {path}')
        elif path.endswith('/series') and self.command != 'GET':
            self.refuse(400, 'INVALID_ARGUMENT', 'match[] on POST is not accepted')
        elif re.search(r'__name__\s*(=~|!~|!=)', subject) or re.match(r'\s*\{(?!.*__name__=")', subject):
            self.say(400, {'status': 'error', 'errorType': 'bad_data', 'error': 'exact matcher on __name__ required'})
        else:
            self.pass_on(path[len(BASE):], parameters)
