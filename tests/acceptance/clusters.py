# SPDX-License-Identifier: Apache-2.0
"""The world of tests/e2e/chart.sh, with Prometheus at a managed service's long path, scraped as the documented PodMonitor says."""
import importlib.machinery
import importlib.util
import json
import pathlib
import urllib.parse

import yaml

from world import Failed, HERE, PODS, SPARE, get, until


def sibling(name):
    """A module of tests/e2e whose file is a script."""
    loader = importlib.machinery.SourceFileLoader(name.replace(".", "_"), str(HERE / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


chart = sibling("chart.sh")
SEEDS = chart.SEEDS


def documents(file):
    """With a blank for a tab, which PyYAML refuses before a comment, unlike Helm."""
    return [thing for thing in yaml.safe_load_all(file.read_text().replace("\t", " ")) if thing]


PATH = urllib.parse.urlsplit(documents(SEEDS / "003-values.yaml")[0]["AlibabaCloudMetricsAdapter"]["prometheus"]["url"]).path
ASKED = []  # paths, by whoever asked Prometheus through the door


class LongDoor(chart.Door):
    """Behind the documented path, and with the token; nowhere else."""

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        ASKED.append((path, self.headers.get("Authorization")))
        if path.startswith(f"{PATH}/api/v1/"):
            self.path = self.path[len(PATH):]
            super().do_GET()
        else:
            self.send_error(404)


chart.Door = LongDoor


def operators_relabelings(monitor):
    """What the Prometheus operator makes of a PodMonitor: its selector and port, its own labels, then the relabelings as given."""
    spec = monitor["spec"]
    meta = "__meta_kubernetes_"
    for expression in spec["selector"]["matchExpressions"]:
        if expression["operator"] != "Exists":
            raise Failed(f"operator {expression['operator']}")
        key = expression["key"].replace(".", "_").replace("/", "_").replace("-", "_")
        yield {"action": "keep", "source_labels": [f"{meta}pod_labelpresent_{key}"], "regex": "true"}
    endpoint = spec["podMetricsEndpoints"][0]
    yield {"action": "keep", "source_labels": [f"{meta}pod_container_port_name"], "regex": endpoint["port"]}
    for label, source in (("namespace", "namespace"), ("container", "pod_container_name"), ("pod", "pod_name")):
        yield {"source_labels": [f"{meta}{source}"], "target_label": label}
    for given in endpoint["relabelings"]:
        made = {"action": given["action"], "source_labels": given["sourceLabels"], "target_label": given["targetLabel"]}
        yield {**made, "regex": given["regex"]} if "regex" in given else made


class AcceptanceWorld(chart.ChartWorld):
    space = "kube-system"
    follow_space = "default"
    values = SEEDS / "001-values.yaml"
    relabelings = list(operators_relabelings(documents(SEEDS / "003-podmonitor.yaml")[0]))

    def targets(self, *bases):
        """As a discovery of pods describes them."""
        found = [self.discovered(f"{base}-{i}", f"{base}-{i}", base, PODS[base][0]) for base in bases for i in range(PODS[base][1])]
        return [*found, self.discovered("vllm-inference-0", "stranger-0", None, None)]

    def discovered(self, engine, pod, workload, backend):
        meta = "__meta_kubernetes_"
        labels = {f"{meta}namespace": "default", f"{meta}pod_name": pod, f"{meta}pod_container_name": "engine",
                  f"{meta}pod_container_port_name": "http"}
        if workload:
            for label, value in (("alibabacloud_com_inference_workload", workload),
                                 ("alibabacloud_com_inference_backend", backend),
                                 ("rolebasedgroup_workloads_x_k8s_io_role", "worker")):
                labels.update({f"{meta}pod_label_{label}": value, f"{meta}pod_labelpresent_{label}": "true"})
        return self.target(engine, **labels)

    def follow(self, pods):
        found = [self.target(engine, namespace=self.follow_space, pod=pod, container="vllm-tpu")
                 for engine, pod in zip(SPARE, pods)]
        new = self.home / "spare.json.new"
        new.write_text(json.dumps(found))
        new.rename(self.home / "spare.json")

    def series(self, selector):
        answer = json.loads(get(f"{self.prometheus_url}/api/v1/series?" + urllib.parse.urlencode({"match[]": selector})))
        if len(answer["data"]) != 1:
            raise Failed(f"{len(answer['data'])} series of {selector}")
        return answer["data"][0]

    def count(self, selector):
        answer = json.loads(get(f"{self.prometheus_url}/api/v1/series?" + urllib.parse.urlencode({"match[]": selector})))
        return len(answer["data"])

    # ------------------------------------------------------------ installing

    def with_token(self):
        """The documented values, with the two lines of the token as they stand there behind the `#`."""
        text = self.values.read_text()
        for line in ("    prometheusHeader:", "    - Authorization: xxxxxxx"):
            if f"\n#{line}\n" not in text:
                raise Failed(f"the values have no line '#{line}'")
            text = text.replace(f"\n#{line}\n", f"\n{line}\n".replace("xxxxxxx", chart.TOKEN))
        file = self.home / "values.yaml"
        file.touch(0o600)
        file.write_text(text)
        return file

    def settings(self):
        self.asked_url = chart.guarded(self.prometheus_url) + PATH
        return ["-n", self.space, "-f", self.with_token(), *self.here(),
                "--set", f"AlibabaCloudMetricsAdapter.prometheus.url={self.asked_url}",
                "--set", "AlibabaCloudMetricsAdapter.prometheus.metricsRelistInterval=2s"]

    def here(self):
        """The aggregator reaches the Service's port on this machine: so it is also gaugelet's."""
        return ["--set", f"service.port={self.port}", "--set", f"listenPort={self.port}"]

    def asked_rightly(self):
        wrong = [asked for asked in ASKED if not asked[0].startswith(f"{PATH}/api/v1/") or asked[1] != chart.TOKEN]
        if wrong or not ASKED:
            raise Failed(f"{len(ASKED)} questions, of them wrong: {[path for path, _ in wrong][:3]}")
        return f"{len(ASKED)} questions at {ASKED[0][0]}"

    def start_as(self, release, space):
        """gaugelet as a pod of this release."""
        self.release, self.space = release, space
        self.pods = self.home / f"pod-{release}-{space}"
        self.expose()
        missing = self.start_gaugelet()
        return ", ".join(missing) and f"without {', '.join(missing)}"

    def end(self):
        self.adapter.stop()

    # ------------------------------------------------------------ the HPA

    def watch(self, space):
        """The documented `kubectl get hpa --watch`, once it does; what -v adds are no rows."""
        command = [self.kubectl_program, f"--kubeconfig={self.admin}", f"--cache-dir={self.home}/kubectl", "get", "hpa", "--watch",
                   "-n", space, "-v=6"]
        process = self.launch("watch", command)

        def watching():
            if "watch=true" not in process.text():
                raise Failed(process.tail())
            return True
        until("watch", 20, watching)
        return process

    def states(self, path):
        """Every state of these objects from now on: gives a function that tells those seen so far."""
        version = json.loads(self.kubectl("get", "--raw", path))["metadata"]["resourceVersion"]
        process = self.launch("states", [self.kubectl_program, f"--kubeconfig={self.admin}", "get", "--raw",
                                         f"{path}?watch=true&resourceVersion={version}"])
        return lambda: [json.loads(line)["object"] for line in process.text().splitlines(keepends=True) if line.endswith("}\n")]


def stand_in(folder, name, objects):
    """A chart that makes these objects, in place of one that is not ours to have here."""
    place = pathlib.Path(folder) / name
    (place / "templates").mkdir(parents=True)
    (place / "Chart.yaml").write_text(json.dumps({"apiVersion": "v2", "name": name, "version": "1.0.0"}))
    (place / "templates" / "all.yaml").write_text("---\n".join(json.dumps(thing) + "\n" for thing in objects))
    return place


def api_service(name, service, space):
    version, group = name.split(".", 1)
    return {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": name}, "spec": {
        "group": group, "version": version, "groupPriorityMinimum": 100, "versionPriority": 100,
        "insecureSkipTLSVerify": True, "service": {"name": service, "namespace": space}}}


def service(name, space, labels):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": space},
            "spec": {"ports": [{"port": 443, "protocol": "TCP", "targetPort": 443}], "selector": labels}}


def deployment(name, space, labels, account="default"):
    pod = {"serviceAccountName": account, "containers": [{"name": name, "image": "registry.k8s.io/pause:3.10"}]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": space, "labels": labels},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels}, "spec": pod}}}
