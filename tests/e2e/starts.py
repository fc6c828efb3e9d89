# SPDX-License-Identifier: Apache-2.0
"""The stages of what is not there yet, or not any more: objects, series, rights, trust. Each has to end in a reason that says so, and
in numbers as soon as there are some."""
import json
import re
import shutil

from apis import POOL_CRD
from stages import BASE, WAITING, expect
from world import Failed, HERE, NAMESPACE, ROOT, until

RULES = ROOT / "deploy" / "local" / "seed-003-rules.yaml"
RARELY = ["--metrics-relist-interval=10m", "--metrics-max-age=15m", "--cache-ttl=0s"]  # no second look within the test by itself
READER = "gaugelet-e2e-auth-reader"


def refusal(world, path):
    """What kubectl shows of a 404."""
    done = world.run_kubectl("get", "--raw", path)
    if done.returncode == 0 or "NotFound" not in done.stderr:
        raise Failed(f"exit status {done.returncode}: {done.stderr.strip() or done.stdout[:200]}")
    return done.stderr.strip()


def number(world):
    """The first answer counts: nothing is asked twice."""
    done = world.run_kubectl("get", "--raw", WAITING)
    if done.returncode:
        raise Failed(done.stderr.strip())
    return json.loads(done.stdout)["items"][0]["value"]


# ---------------------------------------------------------------- no objects

def empty(world, checks):
    """A kube-apiserver sends an empty list without items. That is no error of its."""
    world.restart_adapter(HERE / "manifests" / "rules-empty.yaml")

    def nothing(resource, metric):
        path = f"{BASE}/namespaces/{NAMESPACE}/{resource}/*/{metric}?labelSelector=app%3Dnone"
        said = refusal(world, path)
        if "[no-objects]" not in said or "app=none" not in said or NAMESPACE not in said:
            raise Failed(said)
        return said
    asked = {"pods": "vllm:num_requests_waiting", "deployments.apps": "vllm:num_requests_waiting"}
    if POOL_CRD in world.created:
        asked["inferencepools.inference.networking.x-k8s.io"] = "inference_pool_average_queue_size"
    else:
        checks.skip("no InferencePool fits", "the stage that makes their resource was not run")
    for resource, metric in asked.items():
        checks.check(f"no {resource} fit: a 404 says so", lambda resource=resource, metric=metric: until(
            "reason", 30, lambda: nothing(resource, metric), world.adapter))


# ---------------------------------------------------------------- no series yet

def scraped(world):
    return world.query('count(vllm:num_requests_waiting{namespace="default"})') > 0


def start_empty(world):
    """Prometheus with no data."""
    shutil.rmtree(world.home / "prometheus.data", ignore_errors=True)
    world.prometheus.start()


def late(world, checks):
    """A metric whose series come later is there with the first request after them, however seldom they are looked for."""
    world.load_all("vllm-inference", waiting=4)
    world.prometheus.stop()
    world.restart_adapter(RULES, *RARELY)
    start_empty(world)
    until("first scrape", 30, lambda: scraped(world), world.prometheus)
    checks.check("started before Prometheus: the first request after the first scrape has the number",
                 lambda: expect("value", number(world), "4") or "4")
    world.prometheus.kill()
    checks.check("Prometheus is gone: a reason", lambda: str(world.run_kubectl("get", "--raw", WAITING).returncode != 0))
    start_empty(world)
    until("first scrape", 30, lambda: scraped(world), world.prometheus)
    checks.check("Prometheus restarted without its data: the first request after the scrape has the number",
                 lambda: expect("value", number(world), "4") or "4")


# ---------------------------------------------------------------- no rights

def ready(world, wanted):
    status, body = world.direct("/readyz?verbose")
    if status != wanted:
        raise Failed(f"/readyz: {status}: {body[:300]}")
    return body.strip().replace("\n", " / ")


def rights(world, checks):
    """Who may not read the authentication ConfigMap can serve nobody, and says so; who may again, serves."""
    if world.given_kubeconfig is not None:
        checks.skip("rights taken away", "this cluster's roles are not ours to change")
        return
    binding = ["rolebinding", READER, "-n", "kube-system"]
    before = world.json("get", *binding)
    world.kubectl("delete", *binding)
    world.adapter.stop()
    world.adapter.start()
    checks.check("without the authentication ConfigMap: not ready, and says what is missing",
                 lambda: until("503", 30, lambda: ready(world, 503), world.adapter))
    checks.check("and still alive", lambda: expect("status of /livez", world.direct("/livez")[0], 200) or "200")

    def logged():
        found = re.search(r".*extension-apiserver-authentication.*", world.adapter.text())
        if not found:
            raise Failed(world.adapter.tail())
        return found.group()
    checks.check("and the log says so", lambda: until("line", 20, logged, world.adapter))
    for key in ("resourceVersion", "uid", "creationTimestamp"):
        before["metadata"].pop(key, None)
    world.kubectl("create", "-f", "-", given=json.dumps(before))
    checks.check("with it again: ready", lambda: until("200", 60, lambda: ready(world, 200), world.adapter))


def distrust(world, checks):
    """A bundle that did not sign the certificate: the other side ends the handshake, and this side says what that means."""
    world.trust("other-ca")

    def warned():
        found = re.search(r"^W.*(?:unknown.?ca|bad.?certificate|caBundle).*$", world.adapter.text(), re.M | re.I)
        if not found:
            raise Failed(world.adapter.tail())
        return found.group()
    world.run_kubectl("get", "--raw", BASE)
    checks.check("a caBundle of somebody else: one warning says what it means",
                 lambda: until("warning", 40, lambda: world.run_kubectl("get", "--raw", BASE) and warned(), world.adapter))
    world.trust("ca")


STAGES = {"empty": empty, "late": late, "rights": rights, "distrust": distrust}
