/* SPDX-License-Identifier: Apache-2.0 */
/* engines.c - the tables of names. The help texts are ours; everything a rule can see is the engines'. */
#include "engines.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BUCKETS(list, ...)                                                                                             \
	static const double list##_bounds[] = {__VA_ARGS__};                                                           \
	static const struct buckets list = {list##_bounds, COUNT(list##_bounds)}

/* vLLM from 0.8 on */
BUCKETS(vllm_ttft, 0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
	160, 640, 2560);
BUCKETS(vllm_itl, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80);
BUCKETS(vllm_request, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680);
BUCKETS(vllm_tokens, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000);
BUCKETS(vllm_iteration, 1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384);
BUCKETS(vllm_n, 1, 2, 5, 10, 20);

/* vLLM up to 0.7 */
BUCKETS(old_ttft, 0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10);
BUCKETS(old_tpot, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5);
BUCKETS(old_e2e, 1, 2.5, 5, 10, 15, 20, 30, 40, 50, 60);

BUCKETS(sglang_ttft, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400);
BUCKETS(sglang_e2e, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400, 600, 1200, 1800, 2400);
BUCKETS(sglang_itl, 0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.06, 0.08, 0.1, 0.2, 0.4,
	0.6, 0.8, 1, 2, 4, 6, 8);
BUCKETS(sglang_queue, 0, 0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 300, 400, 500,
	600, 700, 800, 900, 1000, 1200, 1400, 1600, 1800, 2000, 2500, 3000);

/* Dynamo spaces its buckets evenly in the logarithm and rounds them to two digits. */
BUCKETS(dynamo_duration, 0, 2, 4, 8, 16, 32, 64, 130, 260, 510);
BUCKETS(dynamo_input, 0, 100, 210, 430, 870, 1800, 3600, 7400, 15000, 31000, 63000, 130000);
BUCKETS(dynamo_output, 0, 100, 210, 430, 880, 1800, 3700, 7600, 16000, 32000);
BUCKETS(dynamo_ttft, 0, 0.0022, 0.0047, 0.01, 0.022, 0.047, 0.1, 0.22, 0.47, 1, 2.2, 4.7, 10, 22, 48, 100, 220, 480);
BUCKETS(dynamo_itl, 0, 0.0019, 0.0035, 0.0067, 0.013, 0.024, 0.045, 0.084, 0.16, 0.3, 0.56, 1.1, 2);

#define GAUGE(name, source, help)                                                                                      \
	{                                                                                                              \
		name, help, KIND_GAUGE, source, NULL, NULL                                                             \
	}
#define COUNTER(name, source, help)                                                                                    \
	{                                                                                                              \
		name, help, KIND_COUNTER, source, NULL, NULL                                                           \
	}
#define LABELLED(name, kind, source, label, help)                                                                      \
	{                                                                                                              \
		name, help, kind, source, label, NULL                                                                  \
	}
#define HISTOGRAM(name, source, buckets, help)                                                                         \
	{                                                                                                              \
		name, help, KIND_HISTOGRAM, source, NULL, &(buckets)                                                   \
	}

static const struct family vllm_families[] = {
	GAUGE("vllm:num_requests_running", SOURCE_RUNNING, "Requests in the execution batches."),
	GAUGE("vllm:num_requests_waiting", SOURCE_WAITING, "Requests in the queue."),
	LABELLED("vllm:num_requests_waiting_by_reason", KIND_GAUGE, SOURCE_WAITING, "reason=\"capacity\"",
		 "Requests in the queue, by what they wait for."),
	LABELLED("vllm:num_requests_waiting_by_reason", KIND_GAUGE, SOURCE_ZERO, "reason=\"deferred\"", NULL),
	GAUGE("vllm:kv_cache_usage_perc", SOURCE_CACHE, "Used part of the KV cache; 1 is all of it."),
	LABELLED("vllm:cache_config_info", KIND_GAUGE, SOURCE_ONE,
		 "block_size=\"16\",cache_dtype=\"auto\",gpu_memory_utilization=\"0.9\",num_gpu_blocks=\"8192\"",
		 "Settings of the KV cache."),
	COUNTER("vllm:prefix_cache_queries_total", SOURCE_PROMPT_TOKENS, "Tokens looked up in the prefix cache."),
	COUNTER("vllm:prefix_cache_hits_total", SOURCE_CACHED_TOKENS, "Tokens found in the prefix cache."),
	COUNTER("vllm:num_preemptions_total", SOURCE_ZERO, "Preempted requests."),
	COUNTER("vllm:prompt_tokens_total", SOURCE_PROMPT_TOKENS, "Prompt tokens processed."),
	COUNTER("vllm:generation_tokens_total", SOURCE_OUTPUT_TOKENS, "Tokens generated."),
	LABELLED("vllm:request_success_total", KIND_COUNTER, SOURCE_REQUESTS_STOP, "finished_reason=\"stop\"",
		 "Finished requests."),
	LABELLED("vllm:request_success_total", KIND_COUNTER, SOURCE_REQUESTS_LENGTH, "finished_reason=\"length\"",
		 NULL),
	LABELLED("vllm:request_success_total", KIND_COUNTER, SOURCE_ZERO, "finished_reason=\"abort\"", NULL),
	HISTOGRAM("vllm:request_prompt_tokens", SOURCE_OBSERVED_PROMPT, vllm_tokens, "Prompt tokens of a request."),
	HISTOGRAM("vllm:request_generation_tokens", SOURCE_OBSERVED_OUTPUT, vllm_tokens,
		  "Generated tokens of a request."),
	HISTOGRAM("vllm:iteration_tokens_total", SOURCE_OBSERVED_PROMPT, vllm_iteration, "Tokens of an engine step."),
	HISTOGRAM("vllm:request_max_num_generation_tokens", SOURCE_OBSERVED_OUTPUT, vllm_tokens,
		  "Most tokens that a request asked for."),
	HISTOGRAM("vllm:request_params_n", SOURCE_OBSERVED_ONE, vllm_n, "The parameter n of a request."),
	HISTOGRAM("vllm:request_params_max_tokens", SOURCE_OBSERVED_OUTPUT, vllm_tokens,
		  "The parameter max_tokens of a request."),
	HISTOGRAM("vllm:time_to_first_token_seconds", SOURCE_OBSERVED_TTFT, vllm_ttft, "Seconds to the first token."),
	HISTOGRAM("vllm:inter_token_latency_seconds", SOURCE_OBSERVED_ITL, vllm_itl, "Seconds between two tokens."),
	HISTOGRAM("vllm:request_time_per_output_token_seconds", SOURCE_OBSERVED_TPOT, vllm_itl,
		  "Mean seconds a token of a request."),
	HISTOGRAM("vllm:e2e_request_latency_seconds", SOURCE_OBSERVED_E2E, vllm_request, "Seconds of a whole request."),
	HISTOGRAM("vllm:request_queue_time_seconds", SOURCE_OBSERVED_QUEUE, vllm_request, "Seconds in the queue."),
	HISTOGRAM("vllm:request_inference_time_seconds", SOURCE_OBSERVED_INFERENCE, vllm_request,
		  "Seconds of execution."),
	HISTOGRAM("vllm:request_prefill_time_seconds", SOURCE_OBSERVED_PREFILL, vllm_request, "Seconds of prefill."),
	HISTOGRAM("vllm:request_decode_time_seconds", SOURCE_OBSERVED_DECODE, vllm_request, "Seconds of decode."),
};

static const struct family vllm_old_families[] = {
	GAUGE("vllm:num_requests_running", SOURCE_RUNNING, "Requests on the GPU."),
	GAUGE("vllm:num_requests_waiting", SOURCE_WAITING, "Requests in the queue."),
	GAUGE("vllm:num_requests_swapped", SOURCE_ZERO, "Requests swapped out to main memory."),
	GAUGE("vllm:gpu_cache_usage_perc", SOURCE_CACHE, "Used part of the KV cache on the GPU; 1 is all of it."),
	GAUGE("vllm:cpu_cache_usage_perc", SOURCE_ZERO, "Used part of the KV cache in main memory; 1 is all of it."),
	GAUGE("vllm:gpu_prefix_cache_hit_rate", SOURCE_HITS, "Part of the prompt tokens found in the prefix cache."),
	COUNTER("vllm:num_preemptions_total", SOURCE_ZERO, "Preempted requests."),
	COUNTER("vllm:prompt_tokens_total", SOURCE_PROMPT_TOKENS, "Prompt tokens processed."),
	COUNTER("vllm:generation_tokens_total", SOURCE_OUTPUT_TOKENS, "Tokens generated."),
	LABELLED("vllm:request_success_total", KIND_COUNTER, SOURCE_REQUESTS_STOP, "finished_reason=\"stop\"",
		 "Finished requests."),
	LABELLED("vllm:request_success_total", KIND_COUNTER, SOURCE_REQUESTS_LENGTH, "finished_reason=\"length\"",
		 NULL),
	GAUGE("vllm:avg_prompt_throughput_toks_per_s", SOURCE_PROMPT_TOKENS_PER_SECOND, "Prompt tokens a second."),
	GAUGE("vllm:avg_generation_throughput_toks_per_s", SOURCE_OUTPUT_TOKENS_PER_SECOND,
	      "Generated tokens a second."),
	HISTOGRAM("vllm:time_to_first_token_seconds", SOURCE_OBSERVED_TTFT, old_ttft, "Seconds to the first token."),
	HISTOGRAM("vllm:time_per_output_token_seconds", SOURCE_OBSERVED_ITL, old_tpot, "Seconds between two tokens."),
	HISTOGRAM("vllm:e2e_request_latency_seconds", SOURCE_OBSERVED_E2E, old_e2e, "Seconds of a whole request."),
	HISTOGRAM("vllm:request_prompt_tokens", SOURCE_OBSERVED_PROMPT, vllm_tokens, "Prompt tokens of a request."),
	HISTOGRAM("vllm:request_generation_tokens", SOURCE_OBSERVED_OUTPUT, vllm_tokens,
		  "Generated tokens of a request."),
	HISTOGRAM("vllm:request_params_best_of", SOURCE_OBSERVED_ONE, vllm_n, "The parameter best_of of a request."),
	HISTOGRAM("vllm:request_params_n", SOURCE_OBSERVED_ONE, vllm_n, "The parameter n of a request."),
};

static const struct family sglang_families[] = {
	GAUGE("sglang:num_running_reqs", SOURCE_RUNNING, "Running requests."),
	GAUGE("sglang:num_queue_reqs", SOURCE_WAITING, "Requests in the queue."),
	GAUGE("sglang:num_grammar_queue_reqs", SOURCE_ZERO, "Requests that wait for their grammar."),
	GAUGE("sglang:num_paused_reqs", SOURCE_ZERO, "Paused requests."),
	GAUGE("sglang:num_retracted_reqs", SOURCE_ZERO, "Retracted requests."),
	GAUGE("sglang:num_prefill_prealloc_queue_reqs", SOURCE_ZERO, "Requests in the preallocation queue of prefill."),
	GAUGE("sglang:num_prefill_inflight_queue_reqs", SOURCE_ZERO, "Requests in the transfer queue of prefill."),
	GAUGE("sglang:num_decode_prealloc_queue_reqs", SOURCE_ZERO, "Requests in the preallocation queue of decode."),
	GAUGE("sglang:num_decode_transfer_queue_reqs", SOURCE_ZERO, "Requests in the transfer queue of decode."),
	GAUGE("sglang:token_usage", SOURCE_CACHE, "Used part of the token pool; 1 is all of it."),
	GAUGE("sglang:num_used_tokens", SOURCE_USED_TOKENS, "Used tokens of the pool."),
	GAUGE("sglang:max_total_num_tokens", SOURCE_POOL_TOKENS, "Tokens of the pool."),
	GAUGE("sglang:cache_hit_rate", SOURCE_HITS, "Part of the prompt tokens found in the prefix cache."),
	GAUGE("sglang:gen_throughput", SOURCE_OUTPUT_TOKENS_PER_SECOND, "Generated tokens a second."),
	GAUGE("sglang:utilization", SOURCE_ZERO, "Utilization."),
	COUNTER("sglang:prompt_tokens_total", SOURCE_PROMPT_TOKENS, "Prompt tokens processed."),
	COUNTER("sglang:generation_tokens_total", SOURCE_OUTPUT_TOKENS, "Tokens generated."),
	COUNTER("sglang:cached_tokens_total", SOURCE_CACHED_TOKENS, "Prompt tokens found in the prefix cache."),
	COUNTER("sglang:num_requests_total", SOURCE_REQUESTS, "Finished requests."),
	COUNTER("sglang:num_so_requests_total", SOURCE_ZERO, "Finished requests with structured output."),
	COUNTER("sglang:num_aborted_requests_total", SOURCE_ZERO, "Aborted requests."),
	HISTOGRAM("sglang:time_to_first_token_seconds", SOURCE_OBSERVED_TTFT, sglang_ttft,
		  "Seconds to the first token."),
	HISTOGRAM("sglang:inter_token_latency_seconds", SOURCE_OBSERVED_ITL, sglang_itl, "Seconds between two tokens."),
	HISTOGRAM("sglang:e2e_request_latency_seconds", SOURCE_OBSERVED_E2E, sglang_e2e, "Seconds of a whole request."),
	HISTOGRAM("sglang:queue_time_seconds", SOURCE_OBSERVED_QUEUE, sglang_queue, "Seconds in the queue."),
};

#define DYNAMO_OK "endpoint=\"chat_completions\",request_type=\"stream\",status=\"success\""
#define DYNAMO_FRONTEND(prefix)                                                                                        \
	GAUGE(prefix "inflight_requests", SOURCE_INFLIGHT, "Requests from their arrival to their end."),               \
		HISTOGRAM(prefix "request_duration_seconds", SOURCE_OBSERVED_E2E, dynamo_duration,                     \
			  "Seconds of a whole request."),                                                              \
		HISTOGRAM(prefix "input_sequence_tokens", SOURCE_OBSERVED_PROMPT, dynamo_input,                        \
			  "Prompt tokens of a request."),                                                              \
		HISTOGRAM(prefix "output_sequence_tokens", SOURCE_OBSERVED_OUTPUT, dynamo_output,                      \
			  "Generated tokens of a request."),                                                           \
		HISTOGRAM(prefix "time_to_first_token_seconds", SOURCE_OBSERVED_TTFT, dynamo_ttft,                     \
			  "Seconds to the first token."),                                                              \
		HISTOGRAM(prefix "inter_token_latency_seconds", SOURCE_OBSERVED_ITL, dynamo_itl,                       \
			  "Seconds between two tokens.")

static const struct family dynamo_families[] = {
	DYNAMO_FRONTEND("nv_llm_http_service_"),
	LABELLED("nv_llm_http_service_requests_total", KIND_COUNTER, SOURCE_REQUESTS, DYNAMO_OK, "Finished requests."),
};

static const struct family dynamo_new_families[] = {
	DYNAMO_FRONTEND("dynamo_frontend_"),
	LABELLED("dynamo_frontend_requests_total", KIND_COUNTER, SOURCE_REQUESTS, DYNAMO_OK ",error_type=\"\"",
		 "Finished requests."),
	GAUGE("dynamo_frontend_queued_requests", SOURCE_WAITING, "Requests without a first token yet."),
	COUNTER("dynamo_frontend_output_tokens_total", SOURCE_OUTPUT_TOKENS, "Tokens generated."),
};

/* A kubelet's cAdvisor, as far as one pod: the node, the pod with its sandbox, its container. Who adds up without
 * looking at `container` and `id` counts everything three times. */
#define NODE_LABELS "id=\"/\",image=\"\",name=\"\",namespace=\"\",pod=\"\""
#define POD_LABELS  "id=\"/kubepods/pod-*\",image=\"\",name=\"\",namespace=\"default\",pod=\"*\""
#define CONTAINER_LABELS                                                                                               \
	"id=\"/kubepods/pod-*/engine\",image=\"registry.k8s.io/pause:3.10\",name=\"engine-of-*\","                     \
	"namespace=\"default\",pod=\"*\""
#define CPU    "container_cpu_usage_seconds_total"
#define MEMORY "container_memory_working_set_bytes"

static const struct family cadvisor_families[] = {
	LABELLED(CPU, KIND_COUNTER, SOURCE_NODE_CPU_SECONDS, "container=\"\",cpu=\"total\"," NODE_LABELS,
		 "CPU time used, in seconds."),
	LABELLED(CPU, KIND_COUNTER, SOURCE_CPU_SECONDS, "container=\"\",cpu=\"total\"," POD_LABELS, NULL),
	LABELLED(CPU, KIND_COUNTER, SOURCE_CPU_SECONDS, "container=\"engine\",cpu=\"total\"," CONTAINER_LABELS, NULL),
	LABELLED(MEMORY, KIND_GAUGE, SOURCE_NODE_MEMORY, "container=\"\"," NODE_LABELS,
		 "Working set of the memory, in bytes."),
	LABELLED(MEMORY, KIND_GAUGE, SOURCE_MEMORY, "container=\"\"," POD_LABELS, NULL),
	LABELLED(MEMORY, KIND_GAUGE, SOURCE_MEMORY, "container=\"engine\"," CONTAINER_LABELS, NULL),
};

/* The endpoint picker of an inference gateway; it bears the name of its pool. */
static const struct family epp_families[] = {
	GAUGE("inference_pool_average_kv_cache_utilization", SOURCE_CACHE, "Mean used part of the pool's KV caches."),
	GAUGE("inference_pool_average_queue_size", SOURCE_WAITING, "Mean number of requests in the pool's queues."),
	GAUGE("inference_pool_ready_pods", SOURCE_PODS, "Ready pods of the pool."),
};

#define QWEN	      "Qwen/Qwen3-32B"
#define SGLANG_BEFORE "engine_type=\"unified\""
#define SGLANG_AFTER  "model_name=\"" QWEN "\",moe_ep_rank=\"0\",pp_rank=\"0\",tp_rank=\"0\""

static const struct engine engines[] = {
	{"vllm", "engine=\"0\"", "model_name=\"" QWEN "\"", false, true, vllm_families, COUNT(vllm_families)},
	{"vllm-old", NULL, "model_name=\"" QWEN "\"", false, true, vllm_old_families, COUNT(vllm_old_families)},
	{"sglang", SGLANG_BEFORE, SGLANG_AFTER, false, true, sglang_families, COUNT(sglang_families)},
	{"dynamo", NULL, "model=\"" QWEN "\"", true, false, dynamo_families, COUNT(dynamo_families)},
	{"dynamo-new", NULL, "model=\"" QWEN "\"", true, false, dynamo_new_families, COUNT(dynamo_new_families)},
	{"cadvisor", NULL, NULL, false, false, cadvisor_families, COUNT(cadvisor_families)},
	{"epp", "name=\"*\"", NULL, false, false, epp_families, COUNT(epp_families)},
};

const struct engine *engine_find(const char *name)
{
	for (size_t i = 0; i < COUNT(engines); i++)
		if (strcmp(engines[i].name, name) == 0)
			return &engines[i];
	return NULL;
}

const char *engine_names(void)
{
	return "vllm, vllm-old, sglang, dynamo, dynamo-new, cadvisor, epp";
}
