# SPDX-License-Identifier: Apache-2.0
"""docs/migrate-from-*.md, step by step, with stand-ins for the adapters that are left: their objects, which are in the way, and
pods that run nothing."""
import json
import re
import subprocess

from clusters import api_service, chart, deployment, service, stand_in
from stages import HPA, expect
from world import Failed, ROOT, until

CHART = chart.CHART
APIS = (*chart.CUSTOM, chart.EXTERNAL)
KINDS = "apiservices,clusterroles,clusterrolebindings,rolebindings,services,secrets,configmaps,serviceaccounts,deployments"


def owners(world, *names):
    return {name: world.json("get", "apiservice", name)["spec"]["service"]["name"] for name in names}


def owned(world, name, *apis):
    expect("owners", owners(world, *apis), dict.fromkeys(apis, name))
    return True


def not_ours(world, *arguments):
    """helm takes nothing over that belongs to another release, and says what it is."""
    try:
        world.helm(*arguments)
    except Failed as error:
        found = re.search(r"(v1beta\d\.\w+\.metrics\.k8s\.io).*invalid ownership metadata", str(error))
        if found is None:
            raise
        return found.group(1)
    raise Failed("it was installed")


def held(world, target, replicas, name, space):
    """Without an adapter the HPA complains, and leaves the replicas alone."""
    def complains():
        found = {c["type"]: c for c in world.json("get", "hpa", name, "-n", space)["status"]["conditions"]}["ScalingActive"]
        if found["status"] != "False":
            raise Failed(f"ScalingActive is {found['status']}")
        return f"{found['reason']}: {found['message'][:120]}"
    said = until("complaint", 60, complains)
    expect("replicas", world.json("get", target, "-n", space)["spec"]["replicas"], replicas)
    return said


def left(world, release):
    found = world.kubectl("get", KINDS, "-A", "-l", f"app.kubernetes.io/instance={release}", "-o", "name").split()
    if found:
        raise Failed(f"left behind: {found}")
    return True


# ---------------------------------------------------------------- ACK

def old_ack(world):
    name = "ack-alibaba-cloud-metrics-adapter"
    if not (world.home / name).exists():
        behind, labels = f"{name}-custom-service", {"app": name}
        stand_in(world.home, name, [service(behind, "kube-system", labels), deployment(name, "kube-system", labels),
                                    *(api_service(api, behind, "kube-system") for api in APIS)])
    world.helm("install", name, world.home / name, "-n", "kube-system")
    return name


def ack_to_gaugelet(world, checks):
    name = old_ack(world)
    install = ["install", "gaugelet", CHART, *world.settings()]
    checks.check("ACK: while its adapter is there, helm install is refused and names the APIService",
                 lambda: not_ours(world, *install))
    checks.check("ACK: helm uninstall of its adapter",
                 lambda: world.helm("uninstall", name, "-n", "kube-system", "--wait") and True)
    checks.need("ACK: helm install with the values of the console", lambda: world.helm(*install) and True)
    checks.need("ACK: gaugelet runs", lambda: world.start_as("gaugelet", "kube-system") or True)


def ack_back(world, checks):
    """The rollback, with the HPA in place."""
    checks.check("ACK: back: helm uninstall gaugelet",
                 lambda: world.helm("uninstall", "gaugelet", "-n", "kube-system", "--wait") and True)
    world.end()
    checks.check("ACK: back: nothing is left", lambda: until("end", 30, lambda: left(world, "gaugelet")))
    checks.check("ACK: without an adapter the HPA holds its replicas",
                 lambda: held(world, "statefulset/vllm-inference", 3, HPA, "default"))
    checks.check("ACK: back: its adapter again", lambda: old_ack(world) and owned(
        world, "ack-alibaba-cloud-metrics-adapter-custom-service", *APIS))
    world.helm("uninstall", "ack-alibaba-cloud-metrics-adapter", "-n", "kube-system", "--wait")
    world.kubectl("delete", "hpa", HPA, "-n", "default")
    world.kubectl("scale", "statefulset", "vllm-inference", "-n", "default", "--replicas=1")


# ---------------------------------------------------------------- GKE

OLD_GKE = "custom-metrics-stackdriver-adapter"


def old_gke(world):
    labels = {"run": OLD_GKE, "k8s-app": OLD_GKE}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": OLD_GKE, "namespace": "custom-metrics"}}
    things = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "custom-metrics"}}, account,
              deployment(OLD_GKE, "custom-metrics", labels, OLD_GKE), service(OLD_GKE, "custom-metrics", labels),
              *(api_service(api, OLD_GKE, "custom-metrics") for api in APIS)]
    world.kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": things}))
    return True


def render(world):
    """As docs/migrate-from-gke.md does for a frontend, with the port that is ours here."""
    done = subprocess.run([ROOT / "deploy" / "manifests" / "render", "gke", "--set", "prometheus.port=0", "--set",
                           f"prometheus.url={world.prometheus_url}", "--set", "metricsRelistInterval=2s", *world.here()],
                          capture_output=True, text=True)
    if done.returncode:
        raise Failed(done.stderr.strip()[-500:])
    return done.stdout


def account_stays(world, uid):
    expect("the account's uid", world.json("get", "serviceaccount", OLD_GKE, "-n", "custom-metrics")["metadata"]["uid"], uid)
    return True


def gke_to_gaugelet(world, checks):
    old_gke(world)
    uid = world.json("get", "serviceaccount", OLD_GKE, "-n", "custom-metrics")["metadata"]["uid"]
    world.manifest = render(world)
    checks.need("GKE: kubectl apply -f gaugelet.yaml over its adapter",
                lambda: world.kubectl("apply", "-f", "-", given=world.manifest) and owned(world, "gaugelet", *APIS))
    checks.check("GKE: delete its Deployment and Service", lambda: world.kubectl(
        "delete", "-n", "custom-metrics", f"deployment/{OLD_GKE}", f"service/{OLD_GKE}") and True)
    checks.check("C5: GKE: the account that IAM knows is the same one", lambda: account_stays(world, uid))
    checks.need("GKE: gaugelet runs", lambda: world.start_as("gaugelet", "custom-metrics") or True)


def gke_removed(world, checks):
    checks.check("C13: kubectl delete -f gaugelet.yaml",
                 lambda: world.kubectl("delete", "-f", "-", "--timeout=50s", given=world.manifest) and True)
    world.end()
    checks.check("C13: nothing is left", lambda: until("end", 30, lambda: left(world, "gaugelet")))
    checks.check("C13: the HPA holds its replicas", lambda: held(world, "deployment/vllm-tpu", 2, "vllm-hpa", "llm"))

    def gone():
        if world.run_kubectl("get", "namespace", "custom-metrics").returncode == 0:
            raise Failed("the namespace is still there")
        return True
    until("end of the namespace", 60, gone)
    checks.check("GKE: back: its adapter again", lambda: old_gke(world) and owned(world, OLD_GKE, *APIS))
    world.kubectl("delete", "apiservice", *APIS)


# ---------------------------------------------------------------- prometheus-adapter

def binding(kind, name, role, account, space, **meta):
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name, **meta},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role[0], "name": role[1]},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": space}]}


def rights(name, space):
    """The names, roles and rights that a release of prometheus-adapter's chart has."""
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": f"{name}-resource-reader"},
            "rules": [{"apiGroups": [""], "resources": ["namespaces", "pods", "services", "configmaps"],
                       "verbs": ["get", "list", "watch"]}]}
    return [role, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": space}},
            binding("ClusterRoleBinding", f"{name}-resource-reader", ("ClusterRole", f"{name}-resource-reader"), name, space),
            binding("ClusterRoleBinding", f"{name}-system-auth-delegator", ("ClusterRole", "system:auth-delegator"), name, space),
            binding("RoleBinding", f"{name}-auth-reader", ("Role", "extension-apiserver-authentication-reader"), name, space,
                    namespace="kube-system")]


def old_prometheus_adapter(world, name, space, rules):
    """Its Deployment has the arguments of the chart, of which the first is the program's name."""
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name}
    made = deployment(name, space, labels, name)
    made["spec"]["replicas"] = 2
    pod = made["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "config", "configMap": {"name": name}}, {"name": "tmp", "emptyDir": {}}]
    pod["containers"][0].update(
        args=["/adapter", f"--secure-port={world.port}", "--cert-dir=/tmp/cert", "--logtostderr=true",
              f"--prometheus-url={world.prometheus_url}", "--metrics-relist-interval=2s", "--v=4",
              "--config=/etc/adapter/config.yaml"],
        volumeMounts=[{"name": "config", "mountPath": "/etc/adapter/"}, {"name": "tmp", "mountPath": "/tmp"}])
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": space},
              "data": {"config.yaml": json.dumps({"rules": rules})}}
    api = api_service(chart.CUSTOM[0], name, space)
    api["spec"]["service"]["port"] = world.port
    stand_in(world.home, name, [service(name, space, labels), config, made, api, *rights(name, space)])
    world.helm("install", name, world.home / name, "-n", space, "--create-namespace")


def image_alone(world, checks, name, space):
    """gaugelet with the old release's arguments, rules, account and rights."""
    checks.need("prometheus-adapter: the image alone: gaugelet runs", lambda: started(world, name, space))
    checks.check("prometheus-adapter: the image alone: the APIService is Available",
                 lambda: until("availability", 90, lambda: world.available(chart.CUSTOM[0]), world.adapter))
    world.load("vllm-inference-0", waiting=5)
    checks.check("prometheus-adapter: the image alone: its rule answers", lambda: world.answers(5))
    world.end()


def prometheus_adapter(world, checks):
    """A release of its chart gets another image, then is upgraded to ours in place, and rolled back."""
    name, space = "prometheus-adapter", "monitoring"
    rules = [{"seriesQuery": 'vllm:num_requests_waiting{namespace!="",pod!=""}', "resources": {"overrides": {
        "namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}},
        "metricsQuery": "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"}]
    old_prometheus_adapter(world, name, space, rules)
    image_alone(world, checks, name, space)
    host, port = world.prometheus_url.rsplit(":", 1)
    values = world.home / "prometheus-adapter-values.yaml"
    values.write_text(json.dumps({"prometheus": {"url": host, "port": int(port)}, "metricsRelistInterval": "2s",
                                  "rules": {"default": False, "custom": rules}}))
    before = world.json("get", "deployment", name, "-n", space)["metadata"]["uid"]
    checks.need("prometheus-adapter: helm upgrade of its release, with its values", lambda: world.helm(
        "upgrade", name, CHART, "-n", space, "-f", values, "--set", f"nameOverride={name}", *world.here()) and True)
    checks.check("prometheus-adapter: the same Deployment", lambda: expect(
        "uid", world.json("get", "deployment", name, "-n", space)["metadata"]["uid"], before) or True)
    checks.need("prometheus-adapter: gaugelet runs", lambda: started(world, name, space))
    checks.check("prometheus-adapter: the APIServices are Available",
                 lambda: until("availability", 90, lambda: world.available(*chart.CUSTOM), world.adapter))
    world.load("vllm-inference-0", waiting=7)
    checks.check("prometheus-adapter: its rule answers", lambda: world.answers(7))
    checks.check("prometheus-adapter: back: helm rollback", lambda: world.helm("rollback", name, "1", "-n", space) and owned(
        world, name, chart.CUSTOM[0]))
    world.end()
    checks.check("prometheus-adapter: back: gaugelet's second APIService is gone", lambda: expect(
        "exit status", world.run_kubectl("get", "apiservice", chart.CUSTOM[1]).returncode, 1) or True)
    world.helm("uninstall", name, "-n", space, "--wait")


def started(world, name, space):
    """When the Deployment's old pods have gone."""
    world.kubectl("rollout", "status", f"deployment/{name}", "-n", space, "--timeout=50s")
    return world.start_as(name, space) or True


# ---------------------------------------------------------------- KEDA

def keda(world, checks):
    """Beside KEDA: it keeps external metrics, gaugelet serves custom ones."""
    theirs = "keda-operator-metrics-apiserver"
    world.kubectl("create", "namespace", "keda")
    for thing in (service(theirs, "keda", {"app": theirs}), api_service(chart.EXTERNAL, theirs, "keda")):
        world.kubectl("create", "-f", "-", given=json.dumps(thing))
    install = ["install", "gaugelet", CHART, "-n", "keda-side", "--create-namespace", "--set", "rules.default=false",
               "--set", "rules.sets={vllm,dynamo}", "--set", f"prometheus.url={world.prometheus_url}", "--set", "prometheus.port=0",
               "--set", "metricsRelistInterval=2s", *world.here()]
    checks.check("KEDA: while it has external metrics, helm install with external rules is refused and names the APIService",
                 lambda: not_ours(world, *install))
    checks.need("KEDA: helm install beside it, with apiServices.external=false", lambda: world.helm(
        *install, "--set", "apiServices.external=false") and True)
    checks.need("KEDA: gaugelet runs", lambda: world.start_as("gaugelet", "keda-side") or True)
    checks.check("KEDA: custom metrics are gaugelet's, external ones stay KEDA's", lambda: until(
        "availability", 90, lambda: world.available(*chart.CUSTOM), world.adapter) and owned(world, theirs, chart.EXTERNAL))
    world.load("vllm-inference-0", waiting=3)
    checks.check("KEDA: a rule of the pack answers", lambda: world.answers(3))
    checks.check("KEDA: later, without it: delete its APIService, then helm upgrade", lambda: world.kubectl(
        "delete", "apiservice", chart.EXTERNAL) and world.helm("upgrade", *install[1:]) and owned(world, "gaugelet", chart.EXTERNAL))
    world.helm("uninstall", "gaugelet", "-n", "keda-side", "--wait")
    world.end()
