# SPDX-License-Identifier: Apache-2.0
"""The stages of the other APIs: usage of pods and nodes, external metrics, metrics of an object, the names of GKE's adapter.
They have rules and flags of their own, with which the first of them starts the adapter anew, on the same port."""
import json
import math
import re

from stages import BASE, active, expect, quantity, rescaled, rescalings, scaled_to
from world import Failed, HERE, POOL, ROOT, SPARE, until

USAGE = "/apis/metrics.k8s.io/v1beta1"
POOL_PATH = (f"{BASE.replace('v1beta1', 'v1beta2')}/namespaces/default/inferencepools.inference.networking.x-k8s.io/{POOL}/"
             "inference_pool_average_queue_size")
POOL_CRD = ["customresourcedefinition.apiextensions.k8s.io/inferencepools.inference.networking.x-k8s.io"]
GKE = "prometheus.googleapis.com|vllm:num_requests_waiting|gauge"
GKE_FLAG = "--gke-names"
LOAD_OF_GKE = 34.972  # what the documentation shows
DOWN = "reason: All metrics below target"
OTHERS = ("cpu-inference-1", "cpu-inference-2")  # of which there are no pods at first


def is_peer(world):
    """Another adapter than ours does not start with a rule whose resource comes later, nor with our flags."""
    return not world.adapter_knows(GKE_FLAG)


def serve_rules(world):
    """Rules files have each a key of their own at the top, so that one after the other they are one."""
    peer = is_peer(world)
    files = [HERE / "manifests" / f"rules-{part}.yaml" for part in ("usage", "external")]
    files.append(ROOT / "deploy" / "local" / "seed-003-rules.yaml" if peer else HERE / "manifests" / "rules-pool.yaml")
    rules = world.home / "rules.yaml"
    rules.write_text("".join(file.read_text() for file in files))
    # Every number is asked for anew: the stages before have shown the memory of answers, and it costs seconds a scaling.
    world.restart_adapter(rules, *([] if peer else ["--discovery-interval=2s", "--cache-ttl=0s", GKE_FLAG]))


def served(world, checks, group):
    world.create_api_service(group, "v1beta1", 100, "ca")

    def available():
        status, why = world.availability("v1beta1", group)
        if status != "True":
            raise Failed(f"it is {status}: {why}")
        return True
    checks.need(f"APIService v1beta1.{group} is Available", lambda: until("availability", 60, available, world.adapter))


def at_rest(world, what):
    """Through the adapter, whose memory of answers may still hold the load that was checked just now."""
    until("rest", 30, what, world.adapter)


def came_down(world, by, up, steps):
    """What follows from a rate may come down in more than one step."""
    found = rescalings(world, by)
    downs = found[1:]
    if (found[:1] != [up] or not 1 <= len(downs) <= steps or downs[-1] != f"New size: 1; {DOWN}"
            or not all(re.fullmatch(rf"New size: \d; {DOWN}", message) for message in downs)):
        raise Failed(f"events {found}")
    return downs[-1]


def up_and_down(world, checks, target, by, size, reason, manifest, load, rest, follow=lambda: None, steps_down=1,
                shows=None):
    """1 to `size` replicas under load and back to 1, with these events and no others; `shows` looks at the HPA in between."""
    kind, name = target

    def scaled(replicas):
        follow()
        return scaled_to(world, name, replicas, kind, by)
    up = f"New size: {size}; reason: {reason} above target"
    rest()
    world.create(manifest, "-n", "default")
    checks.need(f"the HPA of {manifest} is active",
                lambda: until("valid metric", 60 * world.patience, lambda: active(world, name=by), world.adapter))
    load()
    checks.check(f"{name}: 1 to {size} replicas under load",
                 lambda: until("scaling", 60 * world.patience, lambda: scaled(size), world.adapter))
    checks.check(f"{name}: the event of that", lambda: until("event", 20, lambda: rescaled(world, up, by=by)))
    if shows is not None:
        checks.check(f"kubectl get hpa {by}", lambda: until("right numbers", 20, lambda: shows(world), world.adapter))
    print(world.kubectl("describe", "hpa", by, "-n", "default"), flush=True)
    rest()
    checks.check(f"{name}: back to 1 when the load has ended",
                 lambda: until("scaling", 90 * world.patience, lambda: scaled(1), world.adapter))
    checks.check(f"{name}: the event of that, and no other",
                 lambda: until("event", 20, lambda: came_down(world, by, up, steps_down)))


# ---------------------------------------------------------------- a resource that comes later

def raw_pool(world, value):
    answer = json.loads(world.kubectl("get", "--raw", POOL_PATH))
    expect("items", [(item["describedObject"], item["metric"]["name"], item["value"]) for item in answer["items"]],
           [({"kind": "InferencePool", "namespace": "default", "name": POOL,
              "apiVersion": "inference.networking.x-k8s.io/v1alpha2"}, "inference_pool_average_queue_size", value)])
    return True


def no_pool_yet(world):
    done = world.run_kubectl("get", "--raw", POOL_PATH)
    if done.returncode == 0 or not re.search(r"NotFound.*\[missing-crd\]", done.stderr):
        raise Failed(f"exit status {done.returncode}: {done.stderr.strip() or done.stdout[:200]}")
    return done.stderr.strip()


def resource(world, checks):
    """First, as the HPA controller takes half a minute to hear of a new resource."""
    if is_peer(world):
        checks.skip("an InferencePool that comes later", "this adapter is not gaugelet")
        return
    if world.given_kubeconfig is not None and "inference.networking.x-k8s.io/" in world.kubectl("api-versions"):
        checks.skip("an InferencePool that comes later", "this cluster knows them already")
        return
    serve_rules(world)
    checks.check("before there is the resource, its metric is not found", lambda: no_pool_yet(world))
    process = world.adapter.child.pid
    world.load(POOL, waiting=6.5)
    world.create("crd-inferencepool.yaml")
    world.kubectl("wait", "--for=condition=Established", *POOL_CRD, "--timeout=30s")
    world.create("pool.yaml", "-n", "default")
    checks.check("kubectl get --raw of the pool's metric, once there is the resource",
                 lambda: until("right answer", 40, lambda: raw_pool(world, "6500m"), world.adapter))
    checks.check("that was the same process", lambda: expect("process", world.adapter.child.pid, process) or True)


# ---------------------------------------------------------------- usage of pods and nodes

def busy(world, cores, *pods):
    """A rate over the last seconds knows of a load at once when as many seconds of it have passed."""
    for pod in pods:
        world.load(pod, cpu=cores)
        world.advance(pod, 5)


def near(what, found, wanted):
    if not math.isclose(found, wanted, rel_tol=0.15, abs_tol=0.005):
        raise Failed(f"{what} is {found}, not {wanted}")


def rows(world, *arguments):
    """What kubectl top prints: the columns by the names, without the name."""
    lines = world.kubectl("top", *arguments, "--no-headers").splitlines()
    return {fields[0]: fields[1:] for fields in (line.split() for line in lines)}


def top_pods(world):
    found = rows(world, "pods", "-n", "default")
    expect("pods", sorted(found), ["cpu-inference-0"])
    cpu, memory = found["cpu-inference-0"]
    near("CPU", quantity(cpu), 0.25)
    expect("memory", memory, "512Mi")
    containers = world.kubectl("top", "pods", "-n", "default", "--containers", "--no-headers").split()
    expect("pod and container", containers[:2], ["cpu-inference-0", "engine"])
    return f"{cpu} {memory}"


def top_nodes(world):
    found = rows(world, "nodes")
    expect("nodes", sorted(found), ["gaugelet-e2e-node-0", "gaugelet-e2e-node-1"])
    for i, (cores, memory, share) in enumerate([(0.75, "2560Mi", "15%"), (0.5, "2048Mi", "12%")]):
        row = found[f"gaugelet-e2e-node-{i}"]
        near(f"CPU of node {i}", quantity(row[0]), cores)
        expect(f"memory of node {i}", row[2:], [memory, share])
    return " and ".join(" ".join(row) for row in found.values())


def raw_usage(world):
    answer = json.loads(world.kubectl("get", "--raw", f"{USAGE}/namespaces/default/pods/cpu-inference-0"))
    expect("kind", answer["kind"], "PodMetrics")
    expect("window", answer["window"], "5s")
    expect("label of the pod", answer["metadata"]["labels"]["app"], "cpu-inference")
    expect("containers", [container["name"] for container in answer["containers"]], ["engine"])
    expect("memory", answer["containers"][0]["usage"]["memory"], "512Mi")
    return json.dumps(answer["containers"][0]["usage"])


def top(world, checks):
    if world.given_kubeconfig is not None:
        checks.skip("kubectl top", "this cluster's nodes, and who tells of their usage, are not ours")
        return
    pods = ["cpu-inference-0", *OTHERS]
    serve_rules(world)
    world.create("usage.yaml", "-n", "default")
    world.load("cpu-inference-0", cpu=0.25, memory=512 << 20)
    served(world, checks, "metrics.k8s.io")
    for name, probe in (("pods", top_pods), ("nodes", top_nodes), ("pods, the answer", raw_usage)):
        checks.check(f"kubectl top {name}",
                     lambda probe=probe: until("right usage", 40, lambda: probe(world), world.adapter))

    def rest():
        for pod in pods:
            world.load(pod, cpu=0)
    rest()
    at_rest(world, lambda: rows(world, "pods", "-n", "default") == {"cpu-inference-0": ["0m", "512Mi"]})
    up_and_down(world, checks, ("statefulset", "cpu-inference"), "cpu-inference", 3,
                "cpu resource utilization (percentage of request)", "hpa-cpu.yaml",
                lambda: busy(world, 1.5, *pods), rest, steps_down=2)
    checks.check("kubectl explain pods --api-version=metrics.k8s.io/v1beta1",
                 lambda: until("explanation", 90, lambda: explained(world), world.adapter))


def explained(world):
    """The kube-apiserver fetches our OpenAPI documents once a minute."""
    text = world.kubectl("explain", "pods.containers", "--api-version=metrics.k8s.io/v1beta1")
    for part in ("PodMetrics", "ContainerMetrics", "usage", "map[string]string"):
        if part not in text:
            raise Failed(f"no {part} in {text}")
    return "KIND: PodMetrics"


# ---------------------------------------------------------------- external metrics

def raw_external(world, value):
    answer = json.loads(world.kubectl("get", "--raw", "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/"
                                      "frontend_requests_in_flight?labelSelector=pod%3Ddynamo-frontend-0"))
    expect("kind", answer["kind"], "ExternalMetricValueList")
    expect("items", [(item["metricName"], item["metricLabels"], item["value"]) for item in answer["items"]],
           [("frontend_requests_in_flight", {"pod": "dynamo-frontend-0"}, value)])
    return True


def external(world, checks):
    if world.given_kubeconfig is not None and "external.metrics.k8s.io/" in world.kubectl("api-versions"):
        checks.skip("external metrics", "this cluster has some already; they would be taken from their owner")
        return
    serve_rules(world)
    world.load("dynamo-frontend-0", waiting=3, running=4)
    served(world, checks, "external.metrics.k8s.io")
    checks.check("kubectl get --raw of an external metric",
                 lambda: until("right answer", 30, lambda: raw_external(world, "7"), world.adapter))

    def rest():
        world.load("dynamo-frontend-0", waiting=0, running=0)
    rest()
    at_rest(world, lambda: raw_external(world, "0"))
    selector = ("&LabelSelector{MatchLabels:map[string]string{pod: dynamo-frontend-0,},"
                "MatchExpressions:[]LabelSelectorRequirement{},}")  # as the HPA controller prints it
    up_and_down(world, checks, ("statefulset", "sgl-inference"), "sgl-inference", 3,
                f"external metric frontend_requests_in_flight({selector})", "hpa-external.yaml",
                lambda: world.load("dynamo-frontend-0", waiting=9, running=2), rest)


# ---------------------------------------------------------------- a metric of an object

def pool(world, checks):
    if POOL_CRD not in world.created:
        resource(world, checks)
    if POOL_CRD not in world.created:
        return

    def rest():
        world.load(POOL, waiting=0)
    rest()
    at_rest(world, lambda: raw_pool(world, "0"))
    up_and_down(world, checks, ("deployment", "qwen"), "qwen", 3, "InferencePool metric inference_pool_average_queue_size",
                "hpa-pool.yaml", lambda: world.load(POOL, waiting=11), rest)


# ---------------------------------------------------------------- the names of GKE's adapter

def pods_of(world, app):
    found = [pod["metadata"] for pod in world.json("get", "pods", "-n", "default", "-l", f"app={app}")["items"]]
    return [meta["name"] for meta in sorted(found, key=lambda meta: (meta["creationTimestamp"], meta["name"]))
            if "deletionTimestamp" not in meta]


def raw_gke(world, value):
    answer = json.loads(world.kubectl("get", "--raw", f"{BASE}/namespaces/default/pods/*/{GKE}"))
    found = {item["describedObject"]["name"]: item["value"] for item in answer["items"]}
    # The engines of vllm-inference have the same series.
    for pod in pods_of(world, "vllm-tpu"):
        expect(f"value of {pod}", found.get(pod), value)
    return True


def shown(world):
    """What kubectl get hpa prints, as in the documentation."""
    line = world.kubectl("get", "hpa", "vllm-hpa", "-n", "default", "--no-headers").strip()
    if "34972m/10" not in line:
        raise Failed(line)
    return line


def gke(world, checks):
    if is_peer(world):
        checks.skip("the names of GKE's adapter", "this adapter is not gaugelet")
        return
    serve_rules(world)
    world.create("vllm-tpu.yaml", "-n", "default")

    def follow():
        world.follow(pods_of(world, "vllm-tpu"))

    def tell(waiting):
        for engine in SPARE:
            world.load(engine, waiting=waiting)

    def known():
        follow()
        return raw_gke(world, "34972m")
    tell(LOAD_OF_GKE)
    checks.check("kubectl get --raw with a name of GKE's adapter",
                 lambda: until("right answer", 60, known, world.adapter))
    tell(0)
    at_rest(world, lambda: raw_gke(world, "0"))
    up_and_down(world, checks, ("deployment", "vllm-tpu"), "vllm-hpa", 2, f"pods metric {GKE}", "hpa-gke.yaml",
                lambda: tell(LOAD_OF_GKE), lambda: tell(0), follow, shows=shown)


STAGES = {"resource": resource, "top": top, "external": external, "pool": pool, "gke": gke}
