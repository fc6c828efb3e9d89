# SPDX-License-Identifier: Apache-2.0
"""Measures a gaugelet binary next to nginx serving a static file of the same size, and next to jansson reading the same
series. Loopback only; a fake Prometheus answers. Called by tests/bench/run."""
import argparse
import contextlib
import glob
import json
import os
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

LIMIT_SECONDS = 170
TICKS = os.sysconf("SC_CLK_TCK")
METRIC = "vllm:num_requests_waiting"
BASE = "/apis/custom.metrics.k8s.io/v1beta1"
LIST = f"{BASE}/namespaces/default/pods/*/{METRIC}"
ONE = f"{BASE}/namespaces/default/pods/vllm-0/{METRIC}"
RULES = """rules:
- seriesQuery: '{__name__=~"^vllm:.*",pod!=""}'
  resources:
    overrides:
      namespace: { resource: "namespace" }
      pod: { resource: "pod" }
  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
"""


TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE  # whether TLS verifies is a matter of the tests, not of this


class Failed(Exception):
    """A measurement that could not be made; the text says why."""


def pinned(core, command):
    """The server and its client each on a core of its own, where there are two."""
    return ["taskset", "-c", str(core), *command] if os.cpu_count() > 1 else command


@contextlib.contextmanager
def process(command, log, **options):
    """A process that is ended when the block is left, and waited for."""
    with open(log, "wb") as output:
        child = subprocess.Popen(command, stdout=options.pop("stdout", output), stderr=output, **options)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout:
            child.stdout.close()


def cpu_ticks(pid):
    """utime + stime of a process, in seconds."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_fine(pid):
    """The same from the scheduler, in nanoseconds' resolution, where the kernel tells; a tick is 10 ms."""
    try:
        total = 0
        for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
            with open(path) as file:
                total += int(file.read().split()[0])
        return total / 1e9
    except (OSError, IndexError):
        return cpu_ticks(pid)


def memory_kb(pid):
    """(RSS, Anonymous) of a process in kB."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        text = file.read()
    return tuple(int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M).group(1)) for name in ("Rss", "Anonymous"))


def peak_kb(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"^VmHWM:\s+(\d+) kB", file.read(), re.M).group(1))


def wait_for(what, seconds, child, log, poll, pause=0.02):
    """Until poll() gives something true."""
    deadline = time.monotonic() + seconds
    while True:
        found = poll()
        if found:
            return found
        if child.poll() is not None or time.monotonic() > deadline:
            with open(log, errors="replace") as file:
                tail = file.read()[-1500:]
            how = f"it ended with {child.returncode}" if child.poll() is not None else f"not within {seconds} s"
            raise Failed(f"no {what}: {how}\n{tail}")
        time.sleep(pause)


def fetch(url, timeout=5):
    """(status, body); status 0 if there is no answer."""
    try:
        with urllib.request.urlopen(url, timeout=timeout, context=TLS) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        return 0, str(error).encode()


class Bench:
    """The binaries, the folder, and what starts them."""

    def __init__(self, server, tools, home, seconds):
        self.server, self.tools, self.home, self.seconds = server, tools, home, seconds
        self.rules = os.path.join(home, "rules.yaml")
        self.certificates = os.path.join(home, "certificates")
        with open(self.rules, "w") as file:
            file.write(RULES)

    def log(self, name):
        return os.path.join(self.home, name + ".log")

    @contextlib.contextmanager
    def prometheus(self, series, pods, save=None):
        command = [os.path.join(self.tools, "fake_prometheus"), str(series), str(pods)] + ([save] if save else [])
        with process(pinned(1, command), self.log("prometheus"), stdout=subprocess.PIPE) as child:
            url = child.stdout.readline().decode().strip()
            if not url:
                raise Failed("the fake Prometheus did not start")
            yield url

    def counts(self, prometheus):
        return json.loads(fetch(prometheus + "/counts")[1])

    @contextlib.contextmanager
    def gaugelet(self, prometheus, *flags):
        """(process, base URL), once /readyz says 200."""
        command = [self.server, "--standalone", "--secure-port=0", f"--cert-dir={self.certificates}",
                   f"--config={self.rules}", f"--prometheus-url={prometheus}", *flags]
        log = self.log("gaugelet")
        with process(pinned(0, command), log) as child:
            def port():
                with open(log, errors="replace") as file:
                    found = re.search(r"serving on 127\.0\.0\.1:(\d+)", file.read())
                return found and int(found.group(1))
            base = f"https://127.0.0.1:{wait_for('port', 10, child, log, port, 0.001)}"
            wait_for("/readyz", 10, child, log, lambda: fetch(base + "/readyz")[0] == 200, 0.001)
            yield child, base

    def answer(self, child, base, path):
        """The body of a path, once it is answered with 200."""
        def ask():
            status, body = fetch(base + path)
            return body if status == 200 else None
        return wait_for(f"answer to {path}", 20, child, self.log("gaugelet"), ask, 0.1)

    @contextlib.contextmanager
    def nginx(self, body):
        """(process of the worker, URL of the static file)."""
        www = os.path.join(self.home, "www")
        os.makedirs(www, exist_ok=True)
        with open(os.path.join(www, "answer.json"), "wb") as file:
            file.write(body)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        temporary = "".join(f"{kind}_temp_path {self.home}/{kind};\n" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(os.path.join(self.home, "nginx.conf"), "w") as file:
            file.write(f"""daemon off; worker_processes 1; pid {self.home}/nginx.pid; error_log {self.home}/nginx.error;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 1024; }}
http {{ access_log off; default_type application/json; keepalive_requests 1000000000; sendfile on; tcp_nopush on;
open_file_cache max=10; {temporary}
server {{ listen 127.0.0.1:{port} ssl; root {www}; ssl_protocols TLSv1.2 TLSv1.3;
ssl_certificate {self.certificates}/apiserver.crt; ssl_certificate_key {self.certificates}/apiserver.key; }} }}
""")
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        url = f"https://127.0.0.1:{port}/answer.json"
        with process(pinned(0, [nginx, "-p", self.home, "-c", f"{self.home}/nginx.conf", "-e",
                                f"{self.home}/nginx.error"]), self.log("nginx")) as child:
            wait_for("answer of nginx", 10, child, self.log("nginx"), lambda: fetch(url)[0] == 200)
            with open(f"/proc/{child.pid}/task/{child.pid}/children") as file:
                worker = int(file.read().split()[0])
            yield worker, url

    def load(self, pid, url, connections, seconds):
        """Requests/s, p50 and p99 in microseconds, CPU microseconds a request, by wrk."""
        before = cpu_ticks(pid)
        text = subprocess.run(pinned(1, ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]),
                              capture_output=True, text=True, check=True).stdout
        cpu = cpu_ticks(pid) - before
        requests = int(re.search(r"(\d+) requests in", text).group(1))
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)", text)
        if bad or requests == 0:
            raise Failed(f"wrk on {url}:\n{text}")
        units = {"us": 1, "ms": 1e3, "s": 1e6}
        def percentile(name):
            number, unit = re.search(rf"^\s+{name}%\s+([0-9.]+)(us|ms|s)$", text, re.M).groups()
            return float(number) * units[unit]
        return {"rps": float(re.search(r"Requests/sec:\s+([0-9.]+)", text).group(1)), "p50": percentile(50),
                "p99": percentile(99), "cpu": cpu / requests * 1e6, "requests": requests}


def line(name, ours, theirs=None, ratio=None):
    print(f"{name:<46} {ours:>14} {theirs or '':>14} {ratio or '':>7}", flush=True)


def measure_start(bench):
    times = []
    for _ in range(11):
        with bench.prometheus(8, 3) as prometheus:
            begun = time.monotonic()
            with bench.gaugelet(prometheus):
                times.append((time.monotonic() - begun) * 1e3)
    # The first one also makes the serving pair.
    line("start to /readyz 200, ms (median of 10)", f"{statistics.median(times[1:]):.1f}")
    line("  the first, which makes the serving pair", f"{times[0]:.1f}")


def measure_cached(bench):
    with bench.prometheus(8, 3) as prometheus, bench.gaugelet(prometheus) as (child, base):
        body = bench.answer(child, base, LIST)
        rss, anonymous = memory_kb(child.pid)
        line("idle: RSS / Anonymous, kB", f"{rss} / {anonymous}")
        rounds = {"ours": [], "theirs": []}
        asked = bench.counts(prometheus)["queries"]
        with bench.nginx(body) as (worker, static):
            for _ in range(2):  # interleaved, so that a noisy moment hits both
                rounds["ours"].append(bench.load(child.pid, base + LIST, 16, bench.seconds))
                rounds["theirs"].append(bench.load(worker, static, 16, bench.seconds))
        asked = bench.counts(prometheus)["queries"] - asked
        asked /= sum(one["requests"] for one in rounds["ours"])
        ours, theirs = (min(rounds[who], key=lambda one: one["cpu"]) for who in ("ours", "theirs"))
        print(f"\na list of 3 pods, {len(body)} bytes over HTTPS, 16 connections kept alive, the better of 2 rounds of {bench.seconds} s:")
        line("", "gaugelet", "nginx static", "ratio")
        for name, key, digits in (("requests/s", "rps", 0), ("p50, us", "p50", 0), ("p99, us", "p99", 0),
                                  ("CPU a request, us", "cpu", 2)):
            line(name, f"{ours[key]:.{digits}f}", f"{theirs[key]:.{digits}f}",
                 f"{ours[key] / theirs[key]:.2f}" if theirs[key] else "-")
        line("queries to Prometheus a request", f"{asked:.4f}", "0")
        line("RSS after it, kB", str(memory_kb(child.pid)[0]))


def measure_fresh(bench):
    with bench.prometheus(8, 3) as prometheus, bench.gaugelet(prometheus, "--cache-ttl=0s") as (child, base):
        body = bench.answer(child, base, ONE)
        with bench.nginx(body) as (worker, static):
            for connections in (1, 16):
                asked = bench.counts(prometheus)["queries"]
                ours = bench.load(child.pid, base + ONE, connections, bench.seconds)
                asked = bench.counts(prometheus)["queries"] - asked
                theirs = bench.load(worker, static, connections, bench.seconds)
                print("\none pod by name, every time asked fresh from Prometheus (no cache), connections: "
                      f"{connections}:")
                line("", "gaugelet", "nginx static", "ratio")
                line("requests/s", f"{ours['rps']:.0f}", f"{theirs['rps']:.0f}")
                line("p50 / p99, us", f"{ours['p50']:.0f} / {ours['p99']:.0f}",
                     f"{theirs['p50']:.0f} / {theirs['p99']:.0f}")
                line("CPU a request, us", f"{ours['cpu']:.1f}", f"{theirs['cpu']:.1f}",
                     f"{ours['cpu'] / theirs['cpu']:.2f}" if theirs["cpu"] else "-")
                line("queries to Prometheus a request", f"{asked / ours['requests']:.3f}", "0")


def measure_discovery(bench, series, rounds):
    save = os.path.join(bench.home, "series.json")
    with bench.prometheus(series, 3, save) as prometheus:
        parsed = [dict(part.split("=") for part in subprocess.run(
            pinned(0, [os.path.join(bench.tools, "jansson_parse"), save]), capture_output=True, text=True,
            check=True).stdout.split()) for _ in range(3 if series <= 100000 else 1)]
        os.remove(save)
        jansson = min(parsed, key=lambda one: float(one["cpu_ms"]))
        with bench.gaugelet(prometheus, "--metrics-relist-interval=1s", "--metrics-max-age=1m") as (child, base):
            log = bench.log("gaugelet")
            def answers(count):
                wait_for(f"discovery of {series} series", 60, child, log,
                         lambda: bench.counts(prometheus)["series"] >= count, 0.005)
                return cpu_fine(child.pid)
            bench.answer(child, base, ONE)  # the first round is taken in
            first = bench.counts(prometheus)["series"]
            begun = answers(first + 1)
            cpu = (answers(first + 1 + rounds) - begun) / rounds * 1e3
            rss, anonymous = memory_kb(child.pid)
            peak = peak_kb(child.pid)
        size = bench.counts(prometheus)["series_bytes"]
    print(f"\ndiscovery of {series} series, {size / 1e6:.0f} MB, mean of {rounds} rounds:")
    line("", "gaugelet", "jansson", "ratio")
    line("CPU, ms (jansson: json_loadb alone)", f"{cpu:.0f}", f"{float(jansson['cpu_ms']):.0f}",
         f"{cpu / float(jansson['cpu_ms']):.2f}")
    line("memory, kB (RSS; jansson: its tree)", str(rss), jansson["memory_kb"], f"{rss / int(jansson['memory_kb']):.2f}")
    line("Anonymous / highest RSS, kB", f"{anonymous} / {peak}")


def measure_rules(bench):
    said = subprocess.run(pinned(0, [os.path.join(bench.tools, "bench_rules")]), capture_output=True, text=True).stdout
    found = dict(part.split("=") for part in said.split())
    if "ten_allocations" not in found:
        raise Failed(f"bench_rules: {said}")
    print(f"\nrules, without a server: {found['rules']} of them in {int(found['bytes']) / 1e3:.0f} kB")
    line("", "gaugelet", "at most")
    limits = (("read, compiled and judged, CPU ms", "compile_ms", 50), ("memory they take, kB", "heap_kb", 8192),
              ("a query for one pod, CPU us", "one_us", 5), ("  allocations beside the request's arena", "one_allocations", 0),
              ("a query for ten pods and a selector, CPU us", "ten_us", 5),
              ("  allocations beside the request's arena", "ten_allocations", 0))
    for name, key, limit in limits:
        line(name, found[key], str(limit))
    over = [name.strip() for name, key, limit in limits if float(found[key]) > limit]
    if over:
        raise Failed(f"over the limit: {', '.join(over)}")


def too_long(*_):
    raise Failed(f"over {LIMIT_SECONDS} s")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--server", required=True)
    arguments.add_argument("--tools", required=True, help="the folder of fake_prometheus, jansson_parse and bench_rules")
    arguments.add_argument("--seconds", type=int, default=5, help="of each run of wrk")
    arguments.add_argument("--only", action="append", choices=["start", "cached", "fresh", "discovery", "rules"])
    given = arguments.parse_args()
    wanted = given.only or ["start", "cached", "fresh", "discovery", "rules"]
    signal.signal(signal.SIGALRM, too_long)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(LIMIT_SECONDS)
    home = tempfile.mkdtemp(prefix="gaugelet-bench.")
    try:
        bench = Bench(os.path.realpath(given.server), given.tools, home, given.seconds)
        line("binary, stripped, bytes", str(os.stat(bench.server).st_size))
        if "start" in wanted:
            measure_start(bench)
        if "cached" in wanted:
            measure_cached(bench)
        if "fresh" in wanted:
            measure_fresh(bench)
        if "discovery" in wanted:
            measure_discovery(bench, 100000, 10)
            measure_discovery(bench, 1000000, 2)
        if "rules" in wanted:
            measure_rules(bench)
    except Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
