# SPDX-License-Identifier: Apache-2.0
"""What the emulated engines are told, and what each metric of the packs must say of it."""
import math
import pathlib
import re

ENGINES_C = pathlib.Path(__file__).resolve().parent.parent / "emulator" / "engines.c"
KV_TOKENS = 131072  # of an emulated cache, as in engines.h
NODE_MEMORY = 2 << 30


def read_buckets():
    """Bounds by the emulator's own names of them."""
    return {name: [float(bound) for bound in bounds.split(",")]
            for name, bounds in re.findall(r"(?m)^BUCKETS\((\w+), ([^)]*)\);", ENGINES_C.read_text())}


BUCKETS = read_buckets()

IDLE = {"waiting": 0, "running": 0, "cache": 0, "hits": 0, "ttft": 0.2, "queue": 0, "itl": 0.02, "prompt": 512,
        "output": 128, "memory": 0, "pods": 0}


def load(number, **more):
    """No two engines the same, so that none can answer for another."""
    return {**IDLE, "waiting": 3 + number, "running": 20 + number, "cache": round(0.3 + number / 50, 2),
            "hits": round(0.2 + number / 50, 2), "ttft": 1.2, "queue": 0.9, "memory": 1 << 30, **more}


ENGINES = ("vllm", "vllm-old", "sglang", "dynamo", "dynamo-new", "dynamo-worker", "trtllm", "triton", "tgi", "jetstream",
           "llamacpp", "dcgm", "tpu")
PICKERS = ("epp", "epp-pods", "epp-rank", "llm-d")
# a busy pod and an idle one of each; the pickers together tell of the latency, so that it is the same
LOADS = {kind: [load(number), dict(IDLE)] for number, kind in enumerate(ENGINES)}
LOADS.update({kind: [load(20 + number, pods=3 + number), dict(IDLE)] for number, kind in enumerate(PICKERS)})


def told(part):
    return lambda kind, load: load[part]


def both(kind, load):
    return load["waiting"] + load["running"]


def request_seconds(load):
    return load["ttft"] + load["itl"] * (load["output"] - 1)


def requests(kind, load):
    return load["running"] / (request_seconds(load) - load["queue"])


def tokens(part):
    return lambda kind, load: requests(kind, load) * load[part]


def p95(seconds, **buckets):
    """Where PromQL sees the 95th percentile when all observations are the same; `_` stands for - in the names of engines."""
    def tell(kind, load):
        bounds = BUCKETS[buckets[kind.replace("-", "_")]]
        value = seconds(load) if callable(seconds) else load[seconds]
        if load["running"] == 0:
            return 0
        at = next((i for i, bound in enumerate(bounds) if value <= bound), None)
        if at is None:
            return bounds[-1]
        low = bounds[at - 1] if at else 0
        return low + (bounds[at] - low) * 0.95
    return tell


def hits(kind, load):
    """Of the prompt's whole tokens; without a request nobody can tell, but for the old gauge."""
    if kind == "vllm-old":
        return load["hits"]
    return math.floor(load["prompt"] * load["hits"]) / load["prompt"] if load["running"] else None


def memory_used(kind, load):
    return math.floor(load["cache"] * KV_TOKENS) / KV_TOKENS


EXACT, FLOWS, NEAR = 1e-6, 0.05, 0.002
VLLM, FRONTENDS = ("vllm", "vllm-old"), ("dynamo", "dynamo-new")
VLLM_TTFT = {"vllm": "vllm_ttft", "vllm_old": "old_ttft"}
TTFT = {**VLLM_TTFT, "sglang": "sglang_ttft", "trtllm": "trtllm_ttft", "jetstream": "jetstream_seconds"}

# name: the engines that have it, what it is of one's load, and how far off it may be
METRICS = {
    "vllm:num_requests_waiting": (VLLM, told("waiting"), EXACT),
    "vllm:num_requests_running": (VLLM, told("running"), EXACT),
    "vllm_request_load": (VLLM, both, EXACT),
    "vllm:kv_cache_usage_perc": (VLLM, told("cache"), EXACT),
    "vllm:gpu_cache_usage_perc": (VLLM, told("cache"), EXACT),
    "vllm_ttft_p95_seconds": (VLLM, p95("ttft", **VLLM_TTFT), NEAR),
    "vllm_queue_time_p95_seconds": (("vllm",), p95("queue", vllm="vllm_request"), NEAR),
    "vllm_inter_token_latency_p95_seconds": (VLLM, p95("itl", vllm="vllm_itl", vllm_old="old_tpot"), NEAR),
    "vllm_time_per_output_token_p95_seconds": (VLLM, p95("itl", vllm="vllm_itl", vllm_old="old_tpot"), NEAR),
    "vllm_e2e_latency_p95_seconds": (VLLM, p95(request_seconds, vllm="vllm_request", vllm_old="old_e2e"), NEAR),
    "vllm_generation_tokens_per_second": (VLLM, tokens("output"), FLOWS),
    "vllm:avg_generation_throughput_toks_per_s": (VLLM, tokens("output"), FLOWS),
    "vllm_prompt_tokens_per_second": (VLLM, tokens("prompt"), FLOWS),
    "vllm:avg_prompt_throughput_toks_per_s": (VLLM, tokens("prompt"), FLOWS),
    "vllm_requests_per_second": (VLLM, requests, FLOWS),
    "vllm_preemptions_per_second": (VLLM, lambda kind, load: 0, EXACT),
    "vllm_prefix_cache_hit_ratio": (VLLM, hits, NEAR),
    "vllm:gpu_prefix_cache_hit_rate": (VLLM, hits, NEAR),

    "sglang:num_queue_reqs": (("sglang",), told("waiting"), EXACT),
    "sglang:num_running_reqs": (("sglang",), told("running"), EXACT),
    "sglang_request_load": (("sglang",), both, EXACT),
    "sglang:token_usage": (("sglang",), told("cache"), EXACT),
    "sglang:num_prefill_prealloc_queue_reqs": (("sglang",), lambda kind, load: 0, EXACT),
    "sglang:num_prefill_inflight_queue_reqs": (("sglang",), lambda kind, load: 0, EXACT),
    "sglang:num_decode_prealloc_queue_reqs": (("sglang",), lambda kind, load: 0, EXACT),
    "sglang:num_decode_transfer_queue_reqs": (("sglang",), lambda kind, load: 0, EXACT),
    "sglang_ttft_p95_seconds": (("sglang",), p95("ttft", sglang="sglang_ttft"), NEAR),
    "sglang_queue_time_p95_seconds": (("sglang",), p95("queue", sglang="sglang_queue"), NEAR),
    "sglang_inter_token_latency_p95_seconds": (("sglang",), p95("itl", sglang="sglang_itl"), NEAR),
    "sglang:gen_throughput": (("sglang",), tokens("output"), NEAR),
    "sglang_generation_tokens_per_second": (("sglang",), tokens("output"), FLOWS),
    "sglang_requests_per_second": (("sglang",), requests, FLOWS),
    "sglang:cache_hit_rate": (("sglang",), told("hits"), EXACT),

    "dynamo_frontend_inflight_requests": (FRONTENDS, both, EXACT),
    "nv_llm_http_service_inflight_requests": (FRONTENDS, both, EXACT),
    "dynamo_frontend_queued_requests": (("dynamo-new",), told("waiting"), EXACT),
    "dynamo_component_inflight_requests": (("dynamo-worker",), told("running"), EXACT),
    "dynamo_ttft_p95_seconds": (FRONTENDS, p95("ttft", dynamo="dynamo_ttft", dynamo_new="dynamo_ttft"), NEAR),
    "dynamo_inter_token_latency_p95_seconds": (FRONTENDS, p95("itl", dynamo="dynamo_itl", dynamo_new="dynamo_itl"), NEAR),
    "dynamo_requests_per_second": (FRONTENDS, requests, FLOWS),

    "trtllm_num_requests_waiting": (("trtllm",), told("waiting"), EXACT),
    "trtllm_num_requests_running": (("trtllm",), told("running"), EXACT),
    "trtllm_kv_cache_utilization": (("trtllm",), told("cache"), EXACT),
    "trtllm_kv_cache_hit_rate": (("trtllm",), told("hits"), EXACT),
    "trtllm_ttft_p95_seconds": (("trtllm",), p95("ttft", trtllm="trtllm_ttft"), NEAR),
    "trtllm_queue_time_p95_seconds": (("trtllm",), p95("queue", trtllm="trtllm_ttft"), NEAR),
    "trtllm_requests_per_second": (("trtllm",), requests, FLOWS),
    "trtllm_waiting_requests": (("triton",), told("waiting"), EXACT),
    "trtllm_scheduled_requests": (("triton",), told("running"), EXACT),
    "trtllm_kv_cache_fraction": (("triton",), told("cache"), EXACT),
    "nv_inference_pending_request_count": (("triton",), told("waiting"), EXACT),
    "triton_queue_milliseconds": (("triton",), lambda kind, load: load["queue"] * 1000, NEAR),
    "triton_first_response_p95_seconds": (
        ("triton",), lambda kind, load: p95(lambda it: it["ttft"] * 1000, triton="triton_first_ms")(kind, load) / 1000, NEAR),
    "triton_requests_per_second": (("triton",), requests, FLOWS),

    "tgi_queue_size": (("tgi",), told("waiting"), EXACT),
    "tgi_batch_current_size": (("tgi",), told("running"), EXACT),
    "tgi_batch_current_max_tokens": (("tgi",), lambda kind, load: math.floor(load["cache"] * KV_TOKENS), EXACT),
    "tgi_queue_time_p95_seconds": (("tgi",), p95("queue", tgi="tgi_seconds"), NEAR),
    "tgi_request_p95_seconds": (("tgi",), p95(request_seconds, tgi="tgi_seconds"), NEAR),
    "tgi_time_per_token_p95_seconds": (("tgi",), p95("itl", tgi="tgi_seconds"), NEAR),
    "tgi_requests_per_second": (("tgi",), requests, FLOWS),

    "jetstream_prefill_backlog_size": (("jetstream",), told("waiting"), EXACT),
    "jetstream_slots_used_percentage": (("jetstream",), lambda kind, load: max(load["cache"], load["hits"]), EXACT),
    "jetstream_transfer_backlog_size": (("jetstream",), lambda kind, load: 0, EXACT),
    "jetstream_generate_backlog_size": (("jetstream",), lambda kind, load: 0, EXACT),
    "jetstream_ttft_p95_seconds": (("jetstream",), p95("ttft", jetstream="jetstream_seconds"), NEAR),
    "jetstream_queue_time_p95_seconds": (("jetstream",), p95("queue", jetstream="jetstream_seconds"), NEAR),
    "jetstream_requests_per_second": (("jetstream",), requests, FLOWS),

    "llamacpp:requests_deferred": (("llamacpp",), told("waiting"), EXACT),
    "llamacpp:requests_processing": (("llamacpp",), told("running"), EXACT),
    "llamacpp_request_load": (("llamacpp",), both, EXACT),
    "llamacpp:kv_cache_usage_ratio": (("llamacpp",), told("cache"), EXACT),
    "llamacpp_generation_tokens_per_second": (("llamacpp",), tokens("output"), FLOWS),
    "llamacpp_prompt_tokens_per_second": (("llamacpp",), tokens("prompt"), FLOWS),

    # two GPUs: the second is as busy as `hits` says, and its memory is free
    "DCGM_FI_DEV_GPU_UTIL": (("dcgm",), lambda kind, load: (load["cache"] + load["hits"]) * 50, EXACT),
    "DCGM_FI_DEV_MEM_COPY_UTIL": (("dcgm",), lambda kind, load: (load["cache"] + load["hits"]) * 50, EXACT),
    "DCGM_FI_PROF_GR_ENGINE_ACTIVE": (("dcgm",), lambda kind, load: (load["cache"] + load["hits"]) / 2, EXACT),
    "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE": (("dcgm",), lambda kind, load: (load["cache"] + load["hits"]) / 2, EXACT),
    "DCGM_FI_DEV_FB_USED": (("dcgm",), lambda kind, load: math.floor(load["cache"] * KV_TOKENS), EXACT),
    "gpu_memory_used_ratio": (("dcgm",), memory_used, EXACT),
    "DCGM_FI_DEV_POWER_USAGE": (("dcgm",), both, EXACT),

    "accelerator_duty_cycle": (("tpu",), lambda kind, load: load["cache"] * 100, EXACT),
    "tpu_tensorcore_utilization": (("tpu",), lambda kind, load: load["hits"] * 100, EXACT),
    "tpu_memory_bandwidth_utilization": (("tpu",), lambda kind, load: load["hits"] * 100, EXACT),
    "accelerator_memory_used_ratio": (("tpu",), lambda kind, load: load["memory"] / (load["memory"] + NODE_MEMORY), NEAR),

    "llm_queue_length": (("vllm", "vllm-old", "sglang", "trtllm", "triton", "tgi", "jetstream", "llamacpp"), told("waiting"), EXACT),
    "llm_running_requests": (("vllm", "vllm-old", "sglang", "trtllm", "triton", "tgi", "llamacpp"), told("running"), EXACT),
    "llm_kv_cache_usage": (("vllm", "vllm-old", "sglang", "trtllm", "triton", "jetstream", "llamacpp"), told("cache"), EXACT),
    "llm_ttft_p95_seconds": (("vllm", "vllm-old", "sglang", "trtllm", "jetstream"), p95("ttft", **TTFT), NEAR),
}


def ranks(kind):
    """The pods of the two pools of a kind: two ranks of the first pod where there are ranks."""
    for i, it in enumerate(LOADS[kind]):
        yield f"{kind}-{i}-0", it["waiting"] + (0 if kind == "epp-pods" else it["running"])
        yield f"{kind}-{i}-1", it["running"]


# of pods that are not called after their engine: all of them, and how far off a number may be
PODS_OF_POOLS = {
    "inference_pool_per_pod_queue_size": (dict([*ranks("epp-pods"), *ranks("epp-rank")]), EXACT),
    "llm_d_epp_per_endpoint_queue_size": (dict(ranks("llm-d")), EXACT),
}

# of inference pools, which are called after their endpoint picker
OBJECTS = {
    "inference_pool_average_queue_size": (PICKERS, told("waiting"), EXACT),
    "inference_pool_average_kv_cache_utilization": (PICKERS, told("cache"), EXACT),
    "inference_pool_average_running_requests": (("epp-rank", "llm-d"), told("running"), EXACT),
    "inference_pool_ready_pods": (PICKERS, told("pods"), EXACT),
    "inference_pool_queue_size": (PICKERS, lambda kind, load: load["waiting"] * load["pods"], EXACT),
    "llm_d_epp_average_queue_size": (("llm-d",), told("waiting"), EXACT),
    "llm_d_epp_average_kv_cache_utilization": (("llm-d",), told("cache"), EXACT),
    "llm_d_epp_average_running_requests": (("llm-d",), told("running"), EXACT),
    "llm_d_epp_ready_endpoints": (("llm-d",), told("pods"), EXACT),
}


def total(tell):
    return lambda loads: [sum(tell(kind, it) for kind, them in loads.items() for it in them)]


def each(part):
    return lambda loads: [it[part] for them in loads.values() for it in them]


# the label that tells the items apart, the engines, the numbers of all items, and how far off one may be
EXTERNAL = {
    "dynamo_inflight_requests": ("model", FRONTENDS, total(both), EXACT),
    "dynamo_queued_requests": ("model", ("dynamo-new",), total(told("waiting")), EXACT),
    "inference_extension_flow_control_queue_size": ("inference_pool", ("epp-rank",), each("waiting"), EXACT),
    "inference_extension_flow_control_pool_saturation": ("inference_pool", ("epp-rank",), each("cache"), EXACT),
    "llm_d_epp_flow_control_queue_size": ("inference_pool", ("llm-d",), each("waiting"), EXACT),
    "llm_d_epp_flow_control_pool_saturation": ("inference_pool", ("llm-d",), each("cache"), EXACT),
    "inference_request_p95_seconds": (
        None, ("epp-rank",), lambda loads: [p95(request_seconds, epp_rank="epp_seconds")("epp-rank", loads["epp-rank"][0])], NEAR),
}
