# SPDX-License-Identifier: Apache-2.0
"""The stages of what is not there yet, or not any more: objects and series. Each has to end in a reason that says so, and in numbers
as soon as there are some."""
import json
import shutil

from apis import POOL_CRD
from stages import BASE, WAITING, expect
from world import Failed, HERE, NAMESPACE, ROOT, until

RULES = ROOT / "deploy" / "local" / "seed-003-rules.yaml"
RARELY = ["--metrics-relist-interval=10m", "--metrics-max-age=15m", "--cache-ttl=0s"]  # no second look within the test by itself


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
    return {item["describedObject"]["name"]: item["value"] for item in json.loads(done.stdout)["items"]}["vllm-inference-0"]


def refused(world):
    done = world.run_kubectl("get", "--raw", WAITING)
    if done.returncode == 0 or "fix: " not in done.stderr:
        raise Failed(f"exit status {done.returncode}: {done.stderr.strip() or done.stdout[:200]}")
    return done.stderr.strip()


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
    return world.query('count(vllm:num_requests_waiting{namespace="default",pod="vllm-inference-0"})') > 0


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
    checks.check("Prometheus is gone: a reason", lambda: refused(world))
    start_empty(world)
    until("first scrape", 30, lambda: scraped(world), world.prometheus)
    checks.check("Prometheus restarted without its data: the first request after the scrape has the number",
                 lambda: expect("value", number(world), "4") or "4")


STAGES = {"empty": empty, "late": late}
