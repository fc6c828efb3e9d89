# SPDX-License-Identifier: Apache-2.0
"""Amazon's managed Prometheus: requests signed with AWS Signature Version 4, verified as AWS documents it."""
import hashlib
import hmac
import re
import urllib.parse

from front import Front, Handler

BASE = '/workspaces/ws-1234'
REGION = 'eu-central-1'
CREDENTIAL = re.compile(r'AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/aps/aws4_request, '
                        r'SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$')


class Amp(Front):
    def __init__(self, prometheus, key, secret):
        self.keys = {key: secret}
        self.session = None  # the token that must come along
        super().__init__(prometheus, AmpHandler)

    @property
    def url(self):
        return f'http://{self.host}{BASE}'


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class AmpHandler(Handler):
    def why_not(self):
        parts = CREDENTIAL.match(self.headers.get('Authorization', ''))
        if not parts:
            return 'Missing Authentication Token'
        key, date, region, names, signature = parts.groups()
        if key not in self.server.keys or region != REGION:
            return 'The security token included in the request is invalid'
        if self.server.session and (self.headers.get('X-Amz-Security-Token') != self.server.session
                                    or 'x-amz-security-token' not in names):
            return 'The security token included in the request is expired'
        path, _, query = self.path.partition('?')
        pairs = sorted((urllib.parse.quote(k, '-_.~'), urllib.parse.quote(v, '-_.~')) for k, v in
                       (map(urllib.parse.unquote, pair.partition('=')[::2]) for pair in query.split('&') if pair))
        canonical = '\n'.join([self.command, path, '&'.join(f'{k}={v}' for k, v in pairs),
                               *(f'{name}:{self.headers[name].strip()}' for name in names.split(';')), '', names,
                               hashlib.sha256(self.form.encode()).hexdigest()])
        secret = f'AWS4{self.server.keys[key]}'.encode()
        for text in (date, region, 'aps', 'aws4_request'):
            secret = keyed(secret, text)
        wanted = keyed(secret, '\n'.join(['AWS4-HMAC-SHA256', self.headers['X-Amz-Date'],
                                          f'{date}/{region}/aps/aws4_request',
                                          hashlib.sha256(canonical.encode()).hexdigest()])).hex()
        return '' if hmac.compare_digest(wanted, signature) else 'The request signature we calculated does not match'

    def answer(self, path, parameters):
        why = self.why_not()
        if why:
            self.say(403, {'message': why})
        elif not path.startswith(f'{BASE}/api/v1/'):
            self.say(404, {'message': f'no {path} here'})
        else:
            self.pass_on(path[len(BASE) + 8:], parameters)
