#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Helm chart in a real cluster: what the kube-apiserver takes, who gaugelet is then, and whether it is trusted.

helm installs the chart into the control plane of tests/e2e. There is no kubelet, so gaugelet is started here, with the arguments, the
ConfigMap, the Secrets and the account that a pod of the Deployment has. --keep: logs and data stay.
"""
import base64
import http.server
import importlib.machinery
import importlib.util
import json
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
from stages import Checks, Stop, expect, quantity  # noqa: E402
from world import HERE, ROOT, Failed, Missing, World, free_port, new_home, until  # noqa: E402

CHART = ROOT / "deploy" / "helm" / "gaugelet"
SEEDS = ROOT / "tests" / "seeds"
VALUES = ROOT / "tests" / "chart" / "values"
RELEASE, SPACE = "gaugelet", "custom-metrics"
WAITING = "namespaces/default/pods/*/vllm:num_requests_waiting"
CUSTOM = ("v1beta1.custom.metrics.k8s.io", "v1beta2.custom.metrics.k8s.io")
EXTERNAL = "v1beta1.external.metrics.k8s.io"
TOKEN = "raw-token-of-the-managed-prometheus"  # without a scheme, as ACK's are
ACCOUNT = f"system:serviceaccount:{SPACE}:{RELEASE}"


def sibling(name):
    loader = importlib.machinery.SourceFileLoader(name, str(HERE / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def find_helm():
    done = subprocess.run([ROOT / "tests" / "chart" / "helm"], capture_output=True, text=True)
    if done.returncode:
        raise Missing(done.stderr.strip() or "helm")
    return done.stdout.strip()


class Door(http.server.BaseHTTPRequestHandler):
    """Lets to Prometheus who has the token."""

    def do_GET(self):
        status, body = 401, b"no token"
        if self.headers.get("Authorization") == TOKEN:
            try:
                with urllib.request.urlopen(self.server.behind + self.path, timeout=10) as answer:
                    status, body = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status, body = error.code, error.read()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def guarded(url):
    """The address of a door before `url`; it ends with this process."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads, server.behind = True, url
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


class ChartWorld(World):
    release, space = RELEASE, SPACE

    def __init__(self, helm, *arguments):
        super().__init__(*arguments)
        self.known = set(re.findall(r"--[a-z][a-z0-9-]*", subprocess.run(
            [self.adapter_program, "--help"], capture_output=True, text=True).stdout))
        self.headers = []
        self.helm_program = helm
        self.port = free_port()
        self.pods = self.home / "pod"

    def helm(self, *arguments):
        env = {**os.environ, "KUBECONFIG": str(self.admin), "HELM_CACHE_HOME": f"{self.home}/helm",
               "HELM_CONFIG_HOME": f"{self.home}/helm", "HELM_DATA_HOME": f"{self.home}/helm"}
        done = subprocess.run([self.helm_program, *map(str, arguments)], capture_output=True, text=True, timeout=120, env=env)
        if done.returncode:
            raise Failed(f"helm {arguments[0]}: {done.stderr.strip()[-1200:]}")
        return done.stdout

    def settings(self):
        """ACK's documented values, with the Prometheus and the port that are ours. The aggregator goes to the Service's port on
        the Service's host, which is this machine: so both ports are the same."""
        return ["-n", self.space, "-f", SEEDS / "003-values.yaml", "--set", f"service.port={self.port}", "--set",
                f"listenPort={self.port}", "--set", f"AlibabaCloudMetricsAdapter.prometheus.url={self.asked_url}",
                "--set", "AlibabaCloudMetricsAdapter.prometheus.metricsRelistInterval=2s", "--set-json",
                'rbac.readers=[{"kind": "ServiceAccount", "name": "scraper", "namespace": "monitoring"}]', *self.headers]

    def guard_prometheus(self):
        self.asked_url = guarded(self.prometheus_url)
        header = json.dumps([{"Authorization": TOKEN}])
        self.headers = ["--set-json", f"AlibabaCloudMetricsAdapter.prometheus.prometheusHeader={header}"]

    def expose(self):
        """There is no network of Services here: the chart's leads to the loopback interface."""
        self.kubectl("patch", "service", self.release, "-n", self.space, "--type=merge", "-p", json.dumps(
            {"spec": {"type": "ExternalName", "externalName": "localhost", "clusterIP": None, "clusterIPs": None}}))

    # ------------------------------------------------------------ a pod without a kubelet

    def pod(self):
        found = self.json("get", "pods", "-n", self.space, "-l", f"app.kubernetes.io/instance={self.release}")["items"]
        if len(found) != 2:
            raise Failed(f"{len(found)} pods")
        return found[0]

    def files_of(self, volume):
        """What a kubelet puts into the folder of a volume: names and contents; None: it is not for us to make."""
        if "configMap" in volume:
            return {key: text.encode() for key, text in self.json(
                "get", "configmap", volume["configMap"]["name"], "-n", self.space)["data"].items()}
        if "secret" in volume:
            return self.secret(volume["secret"]["secretName"])
        if "projected" in volume and all("secret" in source for source in volume["projected"]["sources"]):
            return {name: data for source in volume["projected"]["sources"]
                    for name, data in self.secret(source["secret"]["name"]).items()}
        return {} if "emptyDir" in volume else None

    def secret(self, name):
        return {key: base64.b64decode(value) for key, value in self.json("get", "secret", name, "-n", self.space)["data"].items()}

    def lay_out(self, pod):
        """Makes the mounts; the folder of each by its path in the pod."""
        places = {}
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        for mount in pod["spec"]["containers"][0]["volumeMounts"]:
            files = self.files_of(volumes[mount["name"]])
            if files is None:
                continue
            folder = self.pods / mount["name"]
            folder.mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                (folder / name).touch(0o600)
                (folder / name).write_bytes(data)
            places[mount["mountPath"].rstrip("/") + "/"] = f"{folder}/"
        return places

    def account(self, pod):
        """A kubeconfig with a token of the pod's account, in place of the files that a kubelet mounts."""
        config = json.loads(self.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
        token = self.kubectl("create", "token", pod["spec"]["serviceAccountName"], "-n", self.space, "--duration=1h").strip()
        config["users"] = [{"name": config["contexts"][0]["context"]["user"], "user": {"token": token}}]
        file = self.home / "account.kubeconfig"
        file.touch(0o600)
        file.write_text(json.dumps(config))
        return [f"--{what}-kubeconfig={file}" for what in ("lister", "authentication", "authorization")]

    def start_gaugelet(self):
        """Flags that this gaugelet does not have are left out, and returned."""
        pod = until("pods of the Deployment", 60, self.pod, self.plane)
        places = self.lay_out(pod)
        given, missing = [], []
        for arg in pod["spec"]["containers"][0]["args"]:
            inside = next((inside for inside in places if f"={inside}" in arg), None)  # once: ours is below /tmp, which may be one
            if inside:
                arg = arg.replace(f"={inside}", f"={places[inside]}")
            (given if not arg.startswith("--") or arg.split("=", 1)[0] in self.known else missing).append(arg)
        self.adapter = self.launch("gaugelet", [self.adapter_program, *given, "--bind-address=127.0.0.1", *self.account(pod)])
        return missing

    # ------------------------------------------------------------ asking

    def available(self, *names):
        for name in names:
            conditions = self.json("get", "apiservice", name).get("status", {}).get("conditions", [])
            found = next((c for c in conditions if c["type"] == "Available"), {"status": "Unknown", "message": ""})
            if found["status"] != "True":
                raise Failed(f"{name} is {found['status']}: {found['message']}")
        return True

    def value(self, version="v1beta1"):
        answer = json.loads(self.kubectl("get", "--raw", f"/apis/custom.metrics.k8s.io/{version}/{WAITING}"))
        return {item["describedObject"]["name"]: quantity(item["value"]) for item in answer["items"]}

    def answers(self, waiting):
        def probe():
            found = self.value()
            if set(found) != {"vllm-inference-0"} or not math.isclose(found["vllm-inference-0"], waiting):
                raise Failed(f"{found}, but the engine was told {waiting}")
            return f"{waiting} on vllm-inference-0"
        return until("right answer", 60, probe, self.adapter)

    def bundles(self):
        return {name: base64.b64decode(self.json("get", "apiservice", name)["spec"]["caBundle"]) for name in CUSTOM}

    def reviewed(self, user, attributes):
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {"user": user, **attributes}}
        return json.loads(self.kubectl("create", "-f", "-", "-o", "json", given=json.dumps(review)))["status"]["allowed"]

    def probed(self, probe):
        """As a kubelet does: no credentials, any certificate."""
        action = self.pod()["spec"]["containers"][0][probe]["httpGet"]
        done = subprocess.run(["curl", "-sk", "--max-time", "5", "-w", "%{http_code}", "-o", "/dev/null",
                               f"{action['scheme'].lower()}://127.0.0.1:{self.port}{action['path']}"], capture_output=True, text=True)
        expect(f"status of {action['path']}", done.stdout, "200")
        return action["path"]

    def may(self, verb, what, *more):
        return self.run_kubectl("auth", "can-i", verb, what, f"--as={ACCOUNT}", *more).stdout.strip() == "yes"


# ---------------------------------------------------------------- stages

def accepted(world, checks):
    """The server looks at every object that the chart can make of these values: unknown fields are errors, except in kinds whose
    operators are not here."""
    for kind in (("issuers", "cert-manager.io", "v1", "Issuer"), ("certificates", "cert-manager.io", "v1", "Certificate"),
                 ("servicemonitors", "monitoring.coreos.com", "v1", "ServiceMonitor"),
                 ("podmonitorings", "monitoring.googleapis.com", "v1", "PodMonitoring")):
        world.create_kind(*kind)
    ca = world.home / "plane" / "pki" / "ca.crt"
    for name, space, more in (("", SPACE, []), ("prometheus-adapter", "metrics", [
            "--set-file", f"tls.ca={ca}", "--set", "service.ipDualStack.enabled=false"]), ("ack-whole", SPACE, []),
                              ("ack-header", SPACE, []), ("gke", SPACE, []), ("cert-manager", SPACE, []),
                              ("resource-metrics", SPACE, ["--set-file", f"tls.ca={ca}"])):
        def probe(values=("-f", VALUES / f"{name}.yaml") if name else (), space=space, more=more):
            text = world.helm("template", "other", CHART, "-n", space, *values, *more)
            done = world.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", given=text)
            return f"{len(done.splitlines())} objects"
        checks.check(f"kube-apiserver accepts what is rendered from {name + '.yaml' if name else 'no values'}", probe)

    for name in ("ack/gaugelet", "ack/hpa-vllm", "ack/hpa-sglang", "ack/hpa-inferencepool", "gke/gaugelet", "gke/hpa-vllm"):
        checks.check(f"kube-apiserver accepts deploy/manifests/{name}.yaml", lambda name=name: world.kubectl(
            "apply", "--dry-run=server", "--validate=strict", "-f", ROOT / "deploy" / "manifests" / f"{name}.yaml") and True)


def installed(world, checks):
    world.asked_url = world.prometheus_url
    if "--prometheus-header-file" in world.known:
        world.guard_prometheus()
    else:
        checks.skip("a Prometheus that wants prometheusHeader", "this gaugelet does not know --prometheus-header-file")
    checks.need("helm install", lambda: world.helm("install", RELEASE, CHART, *world.settings()) and True)
    world.expose()
    missing = world.start_gaugelet()
    checks.need("gaugelet runs with the pod's arguments, files and account, and the APIServices are Available",
                lambda: until("availability", 90, lambda: world.available(*CUSTOM), world.adapter))
    if missing:
        checks.skip(EXTERNAL, f"this gaugelet does not know {' '.join(missing)}")
    else:
        checks.check(f"{EXTERNAL} is Available", lambda: until("availability", 90, lambda: world.available(EXTERNAL),
                                                               world.adapter))
    for probe in ("livenessProbe", "readinessProbe"):
        checks.check(probe, lambda probe=probe: world.probed(probe))
    world.load("vllm-inference-0", waiting=11)
    checks.check(f"kubectl get --raw /apis/custom.metrics.k8s.io/v1beta1/{WAITING}", lambda: world.answers(11))
    checks.check("the same in v1beta2", lambda: expect("value", world.value("v1beta2"), {"vllm-inference-0": 11.0}) or True)
    if world.headers:
        checks.check("Prometheus' token is in no object but a Secret", lambda: hidden(world))
    for name, bundle in world.bundles().items():
        checks.check(f"{name} trusts the chart's CA", lambda bundle=bundle: expect(
            "CA", bundle, world.secret(f"{RELEASE}-serving")["ca.crt"]) or True)


def hidden(world):
    kinds = "deployments,replicasets,pods,configmaps,services,serviceaccounts,apiservices"
    if TOKEN in world.kubectl("get", kinds, "-n", SPACE, "-o", "json"):
        raise Failed("it can be read")
    return True


def scales(world, checks):
    world.kubectl("create", "-n", "default", "-f", SEEDS / "003-hpa-vllm.yaml")

    def three():
        found = world.json("get", "statefulset", "vllm-inference", "-n", "default")["spec"]["replicas"]
        if found != 3:
            conditions = world.json("get", "hpa", "llm-inference-hpa", "-n", "default").get("status", {}).get("conditions")
            raise Failed(f"{found} replicas; {conditions}")
        return True
    checks.check("the documented HPA scales from 1 to 3", lambda: until("scaling", 60, three, world.adapter))
    world.kubectl("delete", "-n", "default", "hpa", "llm-inference-hpa")
    world.kubectl("scale", "-n", "default", "statefulset", "vllm-inference", "--replicas=1")


def rights(world, checks):
    wanted = {"list pods": True, "watch namespaces": True, "create tokenreviews.authentication.k8s.io": True,
              "create subjectaccessreviews.authorization.k8s.io": True, "get secrets": False, "list configmaps": False,
              "delete pods": False, "list nodes": False, "create pods/exec": False, "impersonate users": False}
    checks.check("what gaugelet's account may do, and what not", lambda: expect(
        "rights", {what: world.may(*what.split(), "--all-namespaces") for what in wanted}, wanted) or True)
    checks.check("the authentication ConfigMap is read, and no other", lambda: expect(
        "rights", [world.may("get", f"configmap/{name}", "-n", "kube-system") for name in (
            "extension-apiserver-authentication", "kube-root-ca.crt")], [True, False]) or True)
    reader = "system:serviceaccount:monitoring:scraper"
    asked = {"metrics of pods": {"resourceAttributes": {"verb": "list", "group": "custom.metrics.k8s.io", "resource": "pods",
                                                       "subresource": "vllm:num_requests_waiting", "namespace": "default"}},
             "/metrics": {"nonResourceAttributes": {"verb": "get", "path": "/metrics"}},
             "pods": {"resourceAttributes": {"verb": "list", "resource": "pods", "namespace": "default"}}}
    checks.check("what an account of rbac.readers may read, and what not", lambda: expect(
        "rights", {what: world.reviewed(reader, spec) for what, spec in asked.items()},
        {"metrics of pods": True, "/metrics": True, "pods": False}) or True)


def upgraded(world, checks):
    before = world.secret(f"{RELEASE}-serving")
    checks.check("helm upgrade", lambda: world.helm("upgrade", RELEASE, CHART, *world.settings()) and True)
    world.expose()
    checks.check("the certificate stays", lambda: expect("certificate", world.secret(f"{RELEASE}-serving"), before) or True)
    checks.check("and so does the trust", lambda: expect("CAs", set(world.bundles().values()), {before["ca.crt"]}) or True)
    world.kubectl("annotate", "secret", f"{RELEASE}-serving", "-n", SPACE, "--overwrite", "gaugelet/renew-after=1")
    checks.check("helm upgrade near the certificate's end", lambda: world.helm(
        "upgrade", RELEASE, CHART, *world.settings()) and True)
    world.expose()

    def renewed():
        after = world.secret(f"{RELEASE}-serving")
        if after["tls.crt"] == before["tls.crt"] or after["tls.key"] == before["tls.key"]:
            raise Failed("it is the old one")
        expect("number of CAs", after["ca.crt"].count(b"BEGIN CERTIFICATE"), 2)
        expect("old CA in the new bundle", before["ca.crt"] in after["ca.crt"], True)
        return True
    checks.check("makes a new one, and still trusts the old", renewed)
    world.load("vllm-inference-0", waiting=7)
    checks.check("pods with the old certificate are still asked", lambda: world.answers(7))
    world.lay_out(world.pod())  # as a kubelet brings it into the running pod
    world.load("vllm-inference-0", waiting=9)
    checks.check("pods that have reloaded the new one, too", lambda: world.answers(9))

    checks.check("from the chart's certificate to one of each pod's own, and back", lambda: back_and_forth(world))


def back_and_forth(world):
    """An APIService may have a CA bundle or skip the verification, not both: what was set before has to go."""
    for setting, wanted in (("false", (True, False)), ("true", (False, True))):
        world.helm("upgrade", RELEASE, CHART, *world.settings(), "--set", f"tls.selfSigned={setting}")
        for name in CUSTOM:
            spec = world.json("get", "apiservice", name)["spec"]
            expect(f"{name} with tls.selfSigned={setting}", (spec.get("insecureSkipTLSVerify", False), "caBundle" in spec), wanted)
    return True


def removed(world, checks):
    checks.check("helm uninstall", lambda: world.helm("uninstall", RELEASE, "-n", SPACE, "--wait") and True)

    def nothing():
        kinds = "apiservices,clusterroles,clusterrolebindings,rolebindings,services,secrets,configmaps,serviceaccounts,deployments"
        left = world.kubectl("get", kinds, "-A", "-l", f"app.kubernetes.io/instance={RELEASE}", "-o", "name").split()
        if left:
            raise Failed(f"left behind: {left}")
        return True
    checks.check("leaves nothing behind", lambda: until("end", 30, nothing))


def run(world, checks):
    world.start_plane()
    checks.say("control plane is up")
    world.start_engines()
    world.start_prometheus()
    for space in (SPACE, "metrics"):
        world.kubectl("create", "namespace", space)
    world.create("services.yaml", "-n", "default")
    for stage in (accepted, installed, scales, rights, upgraded, removed):
        checks.say(f"-- {stage.__name__}")
        stage(world, checks)


def main():
    tools = sibling("run")
    checks = Checks()

    def interrupted(number, _):
        raise KeyboardInterrupt(signal.Signals(number).name)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        tools.find_programs(True)
        assets, helm = tools.find_assets(checks.say), find_helm()
    except Missing as error:
        print(f"skipped: this machine lacks {error}")
        return 77
    given = os.environ.get("GAUGELET_BIN")
    tools.build(["engine_emulator", *([] if given else ["gaugelet"])], checks.say)
    release = ROOT / "build" / "release"
    world = ChartWorld(helm, new_home(), pathlib.Path(given or release / "gaugelet"),
                       release / "tests" / "emulator" / "engine_emulator", assets)
    finished = False
    try:
        run(world, checks)
        finished = True
    except Stop as error:
        checks.say(str(error))
    except (Failed, SystemExit) as error:
        checks.failed += 1
        checks.say(f"FAILED  {error}")
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        world.stop()
        if finished and checks.failed == 0 and "--keep" not in sys.argv:
            shutil.rmtree(world.home)
        else:
            print(f"logs and data are in {world.home}")
    print(f"{checks.passed} passed, {checks.failed} failed" + (f", {checks.skipped} skipped" if checks.skipped else ""))
    return 0 if checks.failed == 0 and checks.passed > 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt as error:
        sys.exit(f"interrupted: {error}")
