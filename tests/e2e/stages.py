# SPDX-License-Identifier: Apache-2.0
"""What is checked, stage by stage. Each stage is a function of the world and of the checks; `STAGES` is their order."""
import datetime
import itertools
import json
import math
import re
import time

from world import Failed, HERE, NAMESPACE, VERSIONS, until

BASE = "/apis/custom.metrics.k8s.io/v1beta1"
WAITING = f"{BASE}/namespaces/default/pods/*/vllm:num_requests_waiting"
HPA = "llm-inference-hpa"
# The seven commands of the documentation: the metric, whose it is, and what it says of a load.
METRICS = {
    "vllm:num_requests_waiting": ("vllm-inference-0", lambda load: load["waiting"]),
    "vllm:num_requests_running": ("vllm-inference-0", lambda load: load["running"]),
    "vllm:kv_cache_usage_perc": ("vllm-inference-0", lambda load: load["cache"]),
    "sglang:num_queue_reqs": ("sgl-inference-0", lambda load: load["waiting"]),
    "sglang:num_running_reqs": ("sgl-inference-0", lambda load: load["running"]),
    "sglang:token_usage": ("sgl-inference-0", lambda load: load["cache"]),
    "nv_llm_http_service_inflight_requests": ("dynamo-frontend-0", lambda load: load["waiting"] + load["running"]),
}
FROZEN_SECONDS = 20
REST = itertools.cycle([4.8, 5.2, 4.9, 5.1])  # loads a pod at which nothing scales, as the target is 5 and 10 % are tolerated


class Stop(Exception):
    """What was counted as failed already, and without which the rest makes no sense."""


class Checks:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.begun = time.monotonic()

    def say(self, text):
        print(f"{time.monotonic() - self.begun:6.1f} s  {text}", flush=True)

    def check(self, name, probe):
        try:
            said = probe()
        except (Failed, KeyError, ValueError) as error:
            self.failed += 1
            self.say(f"FAILED  {name}: {type(error).__name__ + ' ' if not isinstance(error, Failed) else ''}{error}")
            return False
        self.passed += 1
        self.say(f"ok      {name}" + (f": {said}" if isinstance(said, str) else ""))
        return True

    def need(self, name, probe):
        if not self.check(name, probe):
            raise Stop(f"stopped: everything else rests on '{name}'")

    def skip(self, name, why):
        self.skipped += 1
        self.say(f"skipped {name}: {why}")


def expect(what, found, wanted):
    if found != wanted:
        raise Failed(f"{what} is {found!r}, not {wanted!r}")


def quantity(text):
    units = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9}
    return float(text[:-1]) * units[text[-1]] if text[-1] in units else float(text)


# ---------------------------------------------------------------- trust

def trust(world, checks):
    """A bundle that did not sign the certificate must not do: else nothing would show that TLS is verified. The condition
    Available alone does not show it: the controller that sets it verifies nothing, only the proxy does."""
    world.create_service()
    world.create_api_services("other-ca")

    def available():
        for version in VERSIONS:
            status, why = world.availability(version)
            if status != "True":
                raise Failed(f"{version} is {status}: {why}")
        return True

    def refused():
        # kubectl shows what the proxy says only when it is verbose; since 1.37 the proxy says no more than that it cannot.
        done = world.run_kubectl("get", "--raw", BASE, "-v=8")
        why = re.search(r"x509: [\w\s]*", done.stderr) or re.search(r"the server is currently unable[\w\s]*", done.stderr)
        if done.returncode == 0 or why is None:
            raise Failed(f"exit status {done.returncode}: {done.stderr.strip()[-300:]}")
        return why.group().strip()

    def trusted():
        return json.loads(world.kubectl("get", "--raw", BASE))["kind"] == "APIResourceList"
    checks.check("with another CA bundle kube-apiserver does not talk to the adapter",
                 lambda: until("refusal", 60, refused, world.adapter))
    world.trust("ca")
    checks.need("with the CA bundle of the adapter's certificate it does",
                lambda: until("answer", 60, trusted, world.adapter))
    checks.need("APIServices v1beta1 and v1beta2 are Available",
                lambda: until("availability", 120, available, world.adapter))


# ---------------------------------------------------------------- commands

def read_metric(world, metric):
    pod, number = METRICS[metric]
    told = json.loads(world.told(pod))
    answer = json.loads(world.kubectl("get", "--raw", f"{BASE}/namespaces/default/pods/*/{metric}"))
    expect("kind", answer["kind"], "MetricValueList")
    expect("apiVersion", answer["apiVersion"], "custom.metrics.k8s.io/v1beta1")
    # Prometheus also scrapes the engines of pods that do not exist: they must not be answered.
    expect("pods", [item["describedObject"]["name"] for item in answer["items"]], [pod])
    item = answer["items"][0]
    expect("described object", {key: item["describedObject"].get(key) for key in ("kind", "namespace")},
           {"kind": "Pod", "namespace": "default"})
    expect("metric name", item["metricName"], metric)
    if not math.isclose(quantity(item["value"]), number(told), abs_tol=1e-3):
        raise Failed(f"value {item['value']}, but the engine was told {number(told)}")
    stamp = datetime.datetime.strptime(item["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    age = datetime.datetime.now(datetime.timezone.utc) - stamp
    if abs(age.total_seconds()) > 30:
        raise Failed(f"timestamp {item['timestamp']} is {age} old")
    return f"{item['value']} on {pod}"


def commands(world, checks):
    world.load("vllm-inference-0", waiting=11, running=8, cache=0.75)
    world.load("sgl-inference-0", waiting=6, running=4, cache=0.55)
    world.load("dynamo-frontend-0", waiting=2, running=7)
    for metric in METRICS:
        checks.check(f"kubectl get --raw {BASE}/namespaces/default/pods/*/{metric}",
                     lambda metric=metric: until("right answer", 30, lambda: read_metric(world, metric), world.adapter))

    def second_version():
        answer = json.loads(world.kubectl("get", "--raw", WAITING.replace("v1beta1", "v1beta2")))
        expect("apiVersion", answer["apiVersion"], "custom.metrics.k8s.io/v1beta2")
        expect("metric", answer["items"][0]["metric"]["name"], "vllm:num_requests_waiting")
        return True

    def discovery():
        listed = {entry["name"] for entry in json.loads(world.kubectl("get", "--raw", BASE))["resources"]}
        missing = [metric for metric in METRICS if f"pods/{metric}" not in listed]
        expect("metrics missing from discovery", missing, [])
        return True

    def api_resources():
        done = world.run_kubectl("api-resources")
        if done.returncode or done.stderr.strip():
            raise Failed(f"exit status {done.returncode}: {done.stderr.strip()}")
        if "statefulsets" not in done.stdout:
            raise Failed("no statefulsets in the list")
        return f"{len(done.stdout.splitlines()) - 1} resources, no complaint"

    def api_versions():
        versions = world.kubectl("api-versions").split()
        for version in VERSIONS:
            if f"custom.metrics.k8s.io/{version}" not in versions:
                raise Failed(f"no custom.metrics.k8s.io/{version}")
        return True
    checks.check("the same in v1beta2", second_version)
    checks.check("discovery lists the seven metrics", lambda: until("list", 30, discovery, world.adapter))
    checks.check("kubectl api-resources", lambda: until("clean list", 30, api_resources, world.adapter))
    checks.check("kubectl api-versions", api_versions)


# ---------------------------------------------------------------- access

def forbidden(world, path):
    done = world.nobody("get", "--raw", path)
    if done.returncode == 0 or "forbidden" not in done.stderr.lower():
        raise Failed(f"exit status {done.returncode}: {done.stderr.strip() or done.stdout[:200]}")
    return True


def access(world, checks):
    def direct(name, status, *curl_arguments, path=WAITING):
        def probe():
            found, body = world.direct(path, *curl_arguments)
            if found != status:
                raise Failed(f"status {found}, not {status}: {body[:300]}")
            return str(status)
        checks.check(name, lambda: until("right status", 30, probe, world.adapter))

    def bearer(token):
        # From a file, so that no token stands in a process list or a message.
        file = world.home / "header"
        file.touch(0o600)
        file.write_text(f"Authorization: Bearer {token}")
        return ["-H", f"@{file}"]

    def pair(path):
        return ["--cert", f"{path}.crt", "--key", f"{path}.key"]
    reader = world.token("reader")
    checks.check("kubectl, a user without rights: 403", lambda: forbidden(world, WAITING))
    direct("straight to the adapter, without credentials: 403", 403)
    direct("straight to the adapter, forged X-Remote headers: 403", 403, "-H", "X-Remote-User: admin",
           "-H", "X-Remote-Group: system:masters")
    direct("straight to the adapter, certificate of an unknown CA: 401", 401, *pair(world.home / "stranger"))
    direct("straight to the adapter, unknown token: 401", 401, *bearer("no.such.token"))
    direct("straight to the adapter, token of an account without rights: 403", 403, *bearer(reader))
    if world.given_kubeconfig is None:
        pki = world.home / "plane" / "pki"
        direct("straight to the adapter, certificate of a user without rights: 403", 403, *pair(pki / "nobody"))
        direct("straight to the adapter, certificate of system:masters: 200", 200, *pair(pki / "admin"))
        direct("straight to the adapter, front proxy that names no user: 401", 401, *pair(pki / "front-proxy-client"))
    else:
        checks.skip("certificates straight to the adapter", "the CA's keys of this cluster are not ours")
    world.create("reader.yaml")

    def allowed():
        done = world.nobody("get", "--raw", WAITING)
        if done.returncode:
            raise Failed(done.stderr.strip())
        return True
    checks.check("kubectl, the same user once a Role allows it", lambda: until("permission", 40, allowed, world.adapter))
    direct("straight to the adapter, the same token once a Role allows it: 200", 200, *bearer(reader))
    checks.check("another metric stays forbidden", lambda: forbidden(world, f"{BASE}/namespaces/default/pods/*/sglang:token_usage"))
    direct("another metric stays forbidden, straight to the adapter: 403", 403, *bearer(reader),
           path=f"{BASE}/namespaces/default/pods/*/sglang:token_usage")
    checks.check("another namespace stays forbidden",
                 lambda: forbidden(world, WAITING.replace("/default/", f"/{NAMESPACE}/")))


# ---------------------------------------------------------------- the autoscaler

def hpa(world, name=HPA):
    return world.json("get", "hpa", name, "-n", "default")


def condition(world, kind, name=HPA):
    for found in hpa(world, name).get("status", {}).get("conditions", []):
        if found["type"] == kind:
            return found
    raise Failed(f"the HPA has no condition {kind} yet")


def active(world, wanted="True", name=HPA):
    found = condition(world, "ScalingActive", name)
    if found["status"] != wanted:
        raise Failed(f"ScalingActive is {found['status']}, {found['reason']}: {found['message']}")
    return f"{found['reason']}: {found['message']}"


def service(world, name, kind="statefulset"):
    return world.json("get", kind, name, "-n", "default")


def scaled_to(world, name, replicas, kind="statefulset", by=HPA):
    found = service(world, name, kind)
    if found["spec"]["replicas"] != replicas or found["status"].get("replicas", 0) != replicas:
        raise Failed(f"{found['spec']['replicas']} replicas wanted, {found['status'].get('replicas', 0)} there; "
                     + active(world, name=by))
    return True


def rescalings(world, by=HPA):
    """What this HPA has said of its scalings, in their order."""
    uid = hpa(world, by)["metadata"]["uid"]
    events = world.json("get", "events", "-n", "default",
                        f"--field-selector=involvedObject.uid={uid},reason=SuccessfulRescale")["items"]
    events.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
    return [event["message"] for event in events]


def rescaled(world, *wanted, by=HPA):
    """These and no other scalings of this HPA, in this order."""
    found = rescalings(world, by)
    if found != list(wanted):
        raise Failed(f"events {found}, not {list(wanted)}")
    return wanted[-1]


def average(world):
    """The number that the autoscaler has seen last."""
    current = hpa(world).get("status", {}).get("currentMetrics") or [{}]
    found = current[0].get("pods", {}).get("current", {}).get("averageValue")
    if found is None:
        raise Failed("the HPA shows no metric yet")
    return quantity(found)


def new_hpa(world, checks, manifest):
    ours = ["-n", "default", f"horizontalpodautoscaler.autoscaling/{HPA}"]
    if ours in world.created:
        world.kubectl("delete", *ours)
        world.created.remove(ours)
    world.create(manifest, "-n", "default")
    checks.need(f"the HPA of {manifest} is active",
                lambda: until("valid metric", 60 * world.patience, lambda: active(world), world.adapter))


def goes_up(world, checks, name):
    world.load_all(name, waiting=11)
    checks.check(f"{name}: 1 to 3 replicas under load",
                 lambda: until("scaling", 60 * world.patience, lambda: scaled_to(world, name, 3), world.adapter))


def goes_down(world, checks, name):
    world.load_all(name, waiting=0)
    checks.check(f"{name}: back to 1 when the load has ended",
                 lambda: until("scaling", 90 * world.patience, lambda: scaled_to(world, name, 1), world.adapter))


def scaling(world, checks, name, metric, manifest):
    up = f"New size: 3; reason: pods metric {metric} above target"
    world.load_all(name, waiting=0)
    # The HPA must not begin with what an earlier stage left.
    until("rest", 30, lambda: world.query(f"sum({metric})") == 0)
    new_hpa(world, checks, manifest)
    goes_up(world, checks, name)
    checks.check(f"{name}: the event of that", lambda: until("event", 20, lambda: rescaled(world, up)))
    print(world.kubectl("describe", "hpa", HPA, "-n", "default"), flush=True)
    goes_down(world, checks, name)
    checks.check(f"{name}: the event of that, and no other",
                 lambda: until("event", 20, lambda: rescaled(world, up, "New size: 1; reason: All metrics below target")))


def vllm(world, checks):
    scaling(world, checks, "vllm-inference", "vllm:num_requests_waiting", "hpa-vllm.yaml")


def sglang(world, checks):
    scaling(world, checks, "sgl-inference", "sglang:num_queue_reqs", "hpa-sglang.yaml")


# ---------------------------------------------------------------- faults

def fresh(world):
    """A new load has come through engine, Prometheus, adapter and kube-apiserver to the autoscaler: all of it works."""
    value = next(REST)
    world.load_all("vllm-inference", waiting=value)

    def seen():
        found = average(world)
        if not math.isclose(found, value, abs_tol=1e-6):
            raise Failed(f"the HPA sees {found}, the engines were told {value}; {active(world)}")
        return active(world)
    until("fresh metric", 150 * world.patience, seen, world.adapter, world.prometheus)
    return True


def two_replicas(world):
    """Between the limits of the HPA, so that a wrong number can be seen in both directions."""
    world.load_all("vllm-inference", waiting=5, fault="none")
    until("5 on every engine", 20, lambda: world.query(
        'count(vllm:num_requests_waiting{namespace="default"} == 5)') == 3)
    world.kubectl("scale", "statefulset", "vllm-inference", "-n", "default", "--replicas=2")
    until("two replicas", 30 * world.patience, lambda: scaled_to(world, "vllm-inference", 2))
    fresh(world)


def hold(world, seconds=10):
    """Longer than the HPA of the local control plane remembers (five seconds), looking every second."""
    time.sleep(seconds * world.patience)


def fault(world, checks, name, act):
    """Two checks: that nothing was scaled, and that it all works again by itself."""
    checks.need(f"{name}: at rest before", lambda: two_replicas(world) or True)
    generation = service(world, "vllm-inference")["metadata"]["generation"]
    if not checks.check(f"{name}: happened", act):
        return

    def untouched():
        # Every change of the replica count, also one that was taken back, makes a new generation.
        found = service(world, "vllm-inference")
        expect("replica count", found["spec"]["replicas"], 2)
        expect("generation", found["metadata"]["generation"], generation)
        return True
    checks.check(f"{name}: everything recovers without help", lambda: fresh(world))
    checks.check(f"{name}: the replica count was never touched", untouched)


def freeze(process):
    process.freeze()
    try:
        time.sleep(FROZEN_SECONDS)
    finally:
        process.thaw()
    return True


def kill_until_felt(world, process):
    """Down for as long as the autoscaler needs to see it, then started as a kubelet would."""
    process.kill()
    try:
        return until("complaint of the HPA", 60 * world.patience, lambda: active(world, "False"))
    finally:
        hold(world)
        process.start()


def kill_apiserver(world):
    before = world.apiserver.file.read_text()
    world.apiserver.kill()
    return until("new kube-apiserver", 30, lambda: world.apiserver.file.read_text() != before)


def nan(world, *pods):
    for pod in pods:
        world.load(pod, fault="nan")
    for pod in pods:
        until("NaN in Prometheus", 20, lambda pod=pod: math.isnan(world.query(
            f'vllm:num_requests_waiting{{namespace="default",pod="{pod}"}}')))
    hold(world)
    found = condition(world, "ScalingActive")
    for pod in pods:
        world.load(pod, fault="none")
    return f"meanwhile ScalingActive was {found['status']}, {found['reason']}: {found['message']}"


def faults(world, checks):
    new_hpa(world, checks, "hpa-vllm.yaml")
    fault(world, checks, "kill -9 of Prometheus", lambda: kill_until_felt(world, world.prometheus))
    fault(world, checks, "kill -9 of the adapter", lambda: kill_until_felt(world, world.adapter))
    fault(world, checks, "Prometheus frozen", lambda: freeze(world.prometheus))
    fault(world, checks, "the adapter frozen", lambda: freeze(world.adapter))
    if world.given_kubeconfig is None:
        fault(world, checks, "kill -9 of kube-apiserver", lambda: kill_apiserver(world))
        fault(world, checks, "kube-apiserver frozen", lambda: freeze(world.apiserver))
    else:
        checks.skip("kube-apiserver killed and frozen", "this cluster's kube-apiserver is not ours")
    fault(world, checks, "one engine reports NaN", lambda: nan(world, "vllm-inference-1"))
    fault(world, checks, "every engine reports NaN", lambda: nan(world, "vllm-inference-0", "vllm-inference-1",
                                                                 "vllm-inference-2"))
    checks.say("after all that, as at the beginning:")
    goes_down(world, checks, "vllm-inference")
    goes_up(world, checks, "vllm-inference")
    goes_down(world, checks, "vllm-inference")


# ---------------------------------------------------------------- a rule that divides

def divides(world, waiting, running):
    """Every engine was told so, and Prometheus knows."""
    world.load_all("vllm-inference", waiting=waiting, running=running)
    engines = '{namespace="default",pod=~"vllm-inference-.*"}'
    for state, wanted in (("waiting", waiting), ("running", running)):
        until("new load in Prometheus", 20, lambda: world.query(
            f"count(vllm:num_requests_{state}{engines} == {wanted})") == 3)


def reason_in_describe(world, word):
    """What a user looks at."""
    text = world.kubectl("describe", "hpa", HPA, "-n", "default")
    found = re.search(r"^ +ScalingActive +False +FailedGetPodsMetric +(.*)$", text, re.M)
    if found is None or word not in found[1] or "fix: " not in found[1]:
        raise Failed(f"no reason that says '{word}': {text[-1500:]}")
    print(text, flush=True)
    return found[1]


def no_quotient(world, checks, name, waiting, word):
    """Three checks: that a user sees why, that nothing is scaled meanwhile, and that it goes on by itself."""
    generation = service(world, "vllm-inference")["metadata"]["generation"]
    divides(world, waiting, 0)
    checks.check(f"{name}: kubectl describe hpa shows the reason",
                 lambda: until("reason", 60 * world.patience, lambda: reason_in_describe(world, word), world.adapter))
    hold(world)

    def untouched():
        found = service(world, "vllm-inference")
        expect("replica count", found["spec"]["replicas"], 3)
        expect("generation", found["metadata"]["generation"], generation)
        return active(world, "False")

    def goes_on():
        expect("what the HPA sees", average(world), 1.0)
        return active(world)
    checks.check(f"{name}: the replica count stays", untouched)
    divides(world, 8, 8)
    checks.check(f"{name}: once something runs there is a number again",
                 lambda: until("number", 60 * world.patience, goes_on, world.adapter))
    checks.check(f"{name}: three replicas, as before", lambda: scaled_to(world, "vllm-inference", 3))


def ratio(world, checks):
    """What runs falls to 0 under load. prometheus-adapter makes a number of the quotient, at which the HPA scales down."""
    world.restart_adapter(HERE / "manifests" / "rules-ratio.yaml")
    divides(world, 4, 8)
    new_hpa(world, checks, "hpa-ratio.yaml")
    divides(world, 24, 8)
    checks.need("24 wait and 8 run in each pod: 1 to 3 replicas", lambda: until(
        "scaling", 60 * world.patience, lambda: scaled_to(world, "vllm-inference", 3), world.adapter))
    no_quotient(world, checks, "24 wait, none runs", 24, "infinite")
    no_quotient(world, checks, "none waits, none runs", 0, "NaN")
    divides(world, 0, 8)
    goes_down(world, checks, "vllm-inference")


STAGES = {"trust": trust, "commands": commands, "access": access, "vllm": vllm, "sglang": sglang, "faults": faults,
          "ratio": ratio}
