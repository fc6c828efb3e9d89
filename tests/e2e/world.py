# SPDX-License-Identifier: Apache-2.0
"""What an end-to-end test stands on: processes, waiting with a deadline, kubectl, the control plane, Prometheus, the emulated
engines and the adapter under test."""
import base64
import ctypes
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SERVICE = "gaugelet-e2e"
NAMESPACE = "custom-metrics"
NAME = f"{SERVICE}.{NAMESPACE}.svc"  # what the aggregator verifies
VERSIONS = {"v1beta1": 100, "v1beta2": 200}
PROGRAMS = ("kube-apiserver", "kube-controller-manager", "etcd")
PODS = {"vllm-inference": ("vllm", 3), "sgl-inference": ("sglang", 3), "dynamo-frontend": ("dynamo", 1),
        "cpu-inference": ("cadvisor", 3)}
POOL = "vllm-qwen-pool"
# Engines of a Deployment, whose pods have names that nobody knows before: Prometheus is told them as they come.
SPARE = ("spare-0", "spare-1")


class Failed(Exception):
    """Something is not as it should be (or not yet); the text says what."""


class Missing(Exception):
    """Something that this machine does not have; the test is skipped."""


def complete(folder):
    return all(os.access(folder / program, os.X_OK) for program in PROGRAMS)


def assets_cache():
    """Where a control plane is kept that was built here."""
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "gaugelet" / "controlplane"


def until(what, seconds, probe, *alive):
    """Asks `probe` until it gives something true. Its Failed are reasons to go on waiting; a dead process is none."""
    deadline = time.monotonic() + seconds
    why = "no reason given"
    while True:
        try:
            found = probe()
            if found:
                return found
        except Failed as error:
            why = str(error)
        for process in alive:
            process.check()
        if time.monotonic() > deadline:
            raise Failed(f"no {what} in {seconds:.0f} s: {why}")
        time.sleep(0.2)


def free_port(host="127.0.0.1"):
    with socket.socket() as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def get(url, seconds=5):
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return answer.read().decode()
    except (OSError, urllib.error.URLError) as error:
        raise Failed(f"GET {url}: {error}") from error


def openssl(*args):
    done = subprocess.run(["openssl", *args], capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"openssl {args[0]}: {done.stderr.strip()[-300:]}")


def make_ca(path, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", f"{path}.key", "-out", f"{path}.crt")


def make_certificate(path, ca, subject, usage, names=""):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
            "-keyout", f"{path}.key", "-out", f"{path}.csr")
    pathlib.Path(f"{path}.ext").write_text(f"extendedKeyUsage={usage}\n" + (f"subjectAltName={names}\n" if names else ""))
    openssl("x509", "-req", "-in", f"{path}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-CAcreateserial",
            "-days", "2", "-extfile", f"{path}.ext", "-out", f"{path}.crt")


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def end_with_parent():
    """Also who is killed leaves nothing behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """A program of ours; only these are ever signalled, by their process id."""

    def __init__(self, name, command, log):
        self.name, self.command, self.log = name, [str(part) for part in command], log
        self.child = None

    def start(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                          preexec_fn=end_with_parent)

    def check(self):
        if self.child.poll() is not None:
            raise SystemExit(f"{self.name} ended with {self.child.returncode}: {self.tail()}")

    def text(self):
        return pathlib.Path(self.log).read_text(errors="replace")

    def tail(self):
        return " / ".join(self.text().strip().splitlines()[-4:])[-900:]

    def freeze(self):
        self.child.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.child.send_signal(signal.SIGCONT)

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        if self.child is None or self.child.poll() is not None:
            return
        self.thaw()
        self.child.terminate()
        try:
            self.child.wait(45)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class Grandchild:
    """A program of the control plane, which starts it again by itself."""

    def __init__(self, home, name):
        self.name, self.file = name, home / f"{name}.pid"

    def signal(self, number):
        os.kill(int(self.file.read_text()), number)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        self.signal(signal.SIGKILL)


class World:
    relabelings = []  # of the engines' scrape job, before what its targets say becomes labels

    def __init__(self, home, adapter, emulator, assets=None, kubeconfig=None, address=None):
        self.home, self.adapter_program, self.emulator_program, self.assets = home, adapter, emulator, assets
        self.given_kubeconfig = kubeconfig
        self.admin = kubeconfig or home / "plane" / "admin.kubeconfig"
        self.address = address or "127.0.0.1"
        self.patience = 1 if kubeconfig is None else 8  # the HPA controller of a real cluster looks every 15 s
        self.started = []
        self.created = []  # of a cluster that is not ours: what is to be deleted
        self.kubectl_program = str(assets / "kubectl") if assets and (assets / "kubectl").exists() else "kubectl"

    # ------------------------------------------------------------ processes

    def launch(self, name, command):
        process = Process(name, command, self.home / f"{name}.log")
        self.started.append(process)
        process.start()
        return process

    def stop(self):
        if self.given_kubeconfig is not None:
            for names in reversed(self.created):
                self.try_kubectl("delete", "--ignore-not-found", "--wait=false", *names)
        for process in reversed(self.started):
            process.stop()

    def start_plane(self, *flags):
        home = self.home / "plane"
        self.plane = self.launch("controlplane", [HERE / "controlplane" / "up", home, "--assets", self.assets, "--restart",
                                                  *flags])
        until("control plane", 180, lambda: "ready\n" in self.plane.text(), self.plane)
        self.apiserver = Grandchild(home, "kube-apiserver")

    def start_engines(self):
        names = [(f"{base}-{i}", engine) for base, (engine, count) in PODS.items() for i in range(count)]
        names += [(POOL, "epp"), *((name, "vllm") for name in SPARE)]
        arguments = [part for name, engine in names for part in ("--pod", f"{name}={engine}:0")]
        process = self.launch("engines", [self.emulator_program, *arguments])

        def urls():
            found = dict(re.findall(r"^(\S+) (http://\S+/)$", process.text(), re.M))
            return found if len(found) == len(names) else None
        self.engines = until("emulated engines", 10, urls, process)

    def target(self, engine, **labels):
        return {"targets": [urllib.parse.urlsplit(self.engines[engine]).netloc], "labels": labels}

    def targets(self, *bases):
        return [self.target(f"{base}-{i}", namespace="default", pod=f"{base}-{i}", container="engine")
                for base in bases for i in range(PODS[base][1])]

    def start_prometheus(self):
        kubelets = [self.target(f"cpu-inference-{i}", node=f"gaugelet-e2e-node-{i}") for i in range(3)]
        picker = self.target(POOL, namespace="default", pod="inference-gateway-ext-proc-0", container="epp")
        self.follow([])
        config = self.home / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": [
                {"job_name": "default/llm-serving-podmonitor",
                 "static_configs": self.targets("vllm-inference", "sgl-inference", "dynamo-frontend"),
                 "relabel_configs": self.relabelings},
                {"job_name": "kubelet", "static_configs": kubelets},
                {"job_name": "inference-gateway-ext-proc", "static_configs": [picker]},
                {"job_name": "vllm-pod-monitoring", "file_sd_configs": [{"files": [f"{self.home}/spare.json"]}]}]}))
        port = free_port()
        self.prometheus_url = f"http://127.0.0.1:{port}"
        self.prometheus = self.launch("prometheus", [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.home}/prometheus.data",
            "--storage.tsdb.retention.time=1h", f"--web.listen-address=127.0.0.1:{port}"])
        until("scrape of every engine", 60, lambda: self.query("sum(up)") == len(self.engines) - len(SPARE),
              self.prometheus)

    def follow(self, pods):
        """The spare engines stand for these pods from now on, and for no other."""
        found = [self.target(engine, namespace="default", pod=pod, container="vllm-tpu") for engine, pod in zip(SPARE, pods)]
        new = self.home / "spare.json.new"
        new.write_text(json.dumps(found))
        new.rename(self.home / "spare.json")

    def start_adapter(self, rules, *flags):
        self.port = free_port(self.address)
        self.adapter = self.launch("adapter", self.adapter_command(rules, *flags))
        until("adapter that listens", 60, self.adapter_listens, self.adapter)

    def restart_adapter(self, rules, *flags):
        """With other rules and flags, on the same port; nothing if it has them already."""
        command = [str(part) for part in self.adapter_command(rules, *flags)]
        if command == self.adapter.command:
            return
        self.adapter.stop()
        self.adapter.command = command
        self.adapter.start()
        until("adapter that listens", 60, self.adapter_listens, self.adapter)

    def adapter_command(self, rules, *flags):
        pair = self.home / "serving"
        return [
            self.adapter_program, f"--secure-port={self.port}", f"--bind-address={self.address}",
            f"--tls-cert-file={pair}.crt", f"--tls-private-key-file={pair}.key",
            *(f"--{what}-kubeconfig={self.adapter_kubeconfig}" for what in ("lister", "authentication", "authorization")),
            f"--config={rules}", f"--prometheus-url={self.prometheus_url}", "--metrics-relist-interval=2s",
            "--metrics-max-age=1m", *flags]

    def adapter_knows(self, flag):
        done = subprocess.run([self.adapter_program, "--help"], capture_output=True, text=True, timeout=30)
        return flag in (done.stdout + done.stderr).split()

    def adapter_listens(self):
        status, body = self.direct("/readyz")
        if status != 200:
            raise Failed(f"/readyz: {status} {body[:200]}")
        return True

    # ------------------------------------------------------------ asking

    def query(self, promql):
        answer = json.loads(get(f"{self.prometheus_url}/api/v1/query?" + urllib.parse.urlencode({"query": promql})))
        result = answer["data"]["result"]
        if not result:
            raise Failed(f"Prometheus has nothing for {promql}")
        return float(result[0]["value"][1])

    def load(self, pod, **settings):
        get(f"{self.engines[pod]}load?" + urllib.parse.urlencode(settings))

    def advance(self, pod, seconds):
        get(f"{self.engines[pod]}advance?seconds={seconds}")

    def told(self, pod):
        return get(f"{self.engines[pod]}load")

    def load_all(self, base, **settings):
        for i in range(PODS[base][1]):
            self.load(f"{base}-{i}", **settings)

    def direct(self, path, *curl_arguments, ca=None):
        """To the adapter itself, past the kube-apiserver: status and body."""
        try:
            done = subprocess.run(
                ["curl", "-sS", "-g", "--max-time", "20", "--cacert", str(ca or f"{self.home}/ca.crt"), "--resolve",
                 f"{NAME}:{self.port}:{self.address}", "-w", "\n%{http_code}", *curl_arguments,
                 f"https://{NAME}:{self.port}{path}"], capture_output=True, text=True, timeout=30)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"no answer to {path}") from error
        if done.returncode:
            raise Failed(done.stderr.strip())
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    # ------------------------------------------------------------ kubectl

    def run_kubectl(self, *arguments, given=None, kubeconfig=None):
        command = [self.kubectl_program, f"--kubeconfig={kubeconfig or self.admin}", f"--cache-dir={self.home}/kubectl",
                   "--request-timeout=10s", *map(str, arguments)]
        try:
            return subprocess.run(command, capture_output=True, text=True, input=given, timeout=60)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"kubectl {' '.join(map(str, arguments))[:100]}: no answer in 60 s") from error

    def kubectl(self, *arguments, given=None, kubeconfig=None):
        done = self.run_kubectl(*arguments, given=given, kubeconfig=kubeconfig)
        if done.returncode:
            raise Failed(f"kubectl {' '.join(map(str, arguments))[:100]}: {done.stderr.strip()[-600:]}")
        return done.stdout

    def create_kind(self, plural, group, version, kind):
        """A resource whose operator is not here: the server knows its name, and takes any fields."""
        fields = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        self.kubectl("create", "-f", "-", given=json.dumps({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                     "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": fields}}]}}))
        self.kubectl("wait", "--for=condition=Established", f"crd/{plural}.{group}", "--timeout=30s")

    def try_kubectl(self, *arguments):
        try:
            self.run_kubectl(*arguments)
        except Failed:
            pass

    def json(self, *arguments, **named):
        return json.loads(self.kubectl(*arguments, "-o", "json", **named))

    def create(self, manifest, *arguments):
        """`create`, not `apply`: in a cluster that is not ours, nothing that is there already is touched; and one by one, so
        that what was made is known when the next one fails."""
        text = json.dumps(manifest) if isinstance(manifest, dict) else (HERE / "manifests" / manifest).read_text()
        plain = self.kubectl("create", "--dry-run=client", "-f", "-", "-o", "json", *arguments, given=text)
        while plain.strip():
            thing, end = json.JSONDecoder().raw_decode(plain.lstrip())
            plain = plain.lstrip()[end:]
            name = self.kubectl("create", "-f", "-", "-o", "name", given=json.dumps(thing)).strip()
            space = thing["metadata"].get("namespace")
            self.created.append(["-n", space, name] if space else [name])

    def nobody(self, *arguments):
        """As a user that has no rights."""
        if self.given_kubeconfig is None:
            return self.run_kubectl(*arguments, kubeconfig=self.home / "plane" / "nobody.kubeconfig")
        return self.run_kubectl("--as=nobody", *arguments)

    def token(self, account):
        return self.kubectl("create", "token", account, "-n", NAMESPACE, "--duration=1h").strip()

    # ------------------------------------------------------------ the adapter in the cluster

    def install_rbac(self):
        self.create("adapter.yaml")
        if self.given_kubeconfig is None:
            self.adapter_kubeconfig = self.home / "plane" / "adapter.kubeconfig"
            return
        config = json.loads(self.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
        config["users"] = [{"name": "adapter", "user": {"token": self.token("adapter")}}]
        config["contexts"] = [{"name": "adapter", "context": {"cluster": config["clusters"][0]["name"], "user": "adapter"}}]
        config["current-context"] = "adapter"
        self.adapter_kubeconfig = self.home / "adapter.kubeconfig"
        self.adapter_kubeconfig.touch(0o600)
        self.adapter_kubeconfig.write_text(json.dumps(config))

    def make_serving_pair(self):
        make_ca(self.home / "ca", "gaugelet-e2e-ca")
        make_ca(self.home / "other-ca", "somebody-else")
        make_certificate(self.home / "serving", self.home / "ca", f"/CN={NAME}", "serverAuth", f"DNS:{NAME}")
        make_certificate(self.home / "stranger", self.home / "other-ca", "/O=system:masters/CN=stranger", "clientAuth")

    def create_service(self):
        host = "localhost" if self.given_kubeconfig is None else self.address
        self.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVICE, "namespace": NAMESPACE},
                     "spec": {"type": "ExternalName", "externalName": host}})

    def create_api_services(self, ca):
        for version, priority in VERSIONS.items():
            self.create_api_service("custom.metrics.k8s.io", version, priority, ca)

    def create_api_service(self, group, version, priority, ca):
        self.create({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
                     "metadata": {"name": f"{version}.{group}"},
                     "spec": {"group": group, "version": version, "groupPriorityMinimum": 100,
                              "versionPriority": priority, "caBundle": self.bundle(ca),
                              "service": {"name": SERVICE, "namespace": NAMESPACE, "port": self.port}}})

    def trust(self, ca):
        for version in VERSIONS:
            self.kubectl("patch", "apiservice", f"{version}.custom.metrics.k8s.io", "--type=merge", "-p",
                         json.dumps({"spec": {"caBundle": self.bundle(ca)}}))

    def bundle(self, ca):
        return base64.b64encode((self.home / f"{ca}.crt").read_bytes()).decode()

    def availability(self, version, group="custom.metrics.k8s.io"):
        """(`True` or `False`, the reason and the message)"""
        found = self.json("get", "apiservice", f"{version}.{group}")
        for condition in found.get("status", {}).get("conditions", []):
            if condition["type"] == "Available":
                return condition["status"], f"{condition['reason']}: {condition['message']}"
        return "Unknown", "no condition yet"


def new_home():
    return pathlib.Path(tempfile.mkdtemp(prefix="gaugelet-cluster."))
