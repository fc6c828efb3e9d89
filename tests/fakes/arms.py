# SPDX-License-Identifier: Apache-2.0
"""Alibaba Cloud's managed Prometheus: a path with /api/v1 twice, and a raw Authorization header."""
from front import Front, Handler

BASE = '/api/v1/prometheus/Hash1/123/Cluster1/cn-test'


class Arms(Front):
    def __init__(self, prometheus, credential):
        self.credential = credential  # the whole value of the header
        self.refused = 0
        super().__init__(prometheus, ArmsHandler)

    @property
    def url(self):
        return f'http://{self.host}{BASE}'


class ArmsHandler(Handler):
    def answer(self, path, parameters):
        if not path.startswith(f'{BASE}/api/v1/'):
            self.say(404, f'no {path} here', 'text/plain')
        elif self.headers.get('Authorization') != self.server.credential:
            self.server.refused += 1
            self.say(401, f'token {self.headers.get("Authorization")} is not valid', 'text/plain')
        elif (endpoint := path[len(BASE) + 8:]) not in ('query', 'series', 'label/__name__/values'):
            self.say(404, f'{endpoint} is not supported', 'text/plain')
        else:
            self.pass_on(endpoint, parameters)
