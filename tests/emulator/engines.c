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
#define LABELLED_HISTOGRAM(name, source, buckets, label, help)                                                         \
	{                                                                                                              \
		name, help, KIND_HISTOGRAM, source, label, &(buckets)                                                  \
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

static const struct family dynamo_worker_families[] = {
	GAUGE("dynamo_component_inflight_requests", SOURCE_RUNNING, "Requests that the worker works on."),
	COUNTER("dynamo_component_requests_total", SOURCE_REQUESTS, "Finished requests."),
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

#define QWEN "Qwen/Qwen3-32B"

BUCKETS(trtllm_ttft, 0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
	160, 640, 2560);
BUCKETS(triton_first_ms, 100, 500, 2000, 5000);
BUCKETS(tgi_seconds, 0.01, 0.015, 0.0225, 0.03375, 0.050625, 0.0759375, 0.11390625, 0.170859375, 0.2562890625,
	0.38443359375, 0.576650390625, 0.8649755859375, 1.29746337890625, 1.946195068359375, 2.919292602539063,
	4.378938903808594, 6.568408355712891, 9.852612533569336, 14.778918800354004);
BUCKETS(jetstream_seconds, 0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10);
BUCKETS(epp_seconds, 0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
	60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600);

/* trtllm-serve */
static const struct family trtllm_families[] = {
	GAUGE("trtllm_num_requests_waiting", SOURCE_WAITING, "Requests in the queue."),
	GAUGE("trtllm_num_requests_running", SOURCE_RUNNING, "Requests being worked on."),
	GAUGE("trtllm_kv_cache_utilization", SOURCE_CACHE, "Used part of the KV cache; 1 is all of it."),
	GAUGE("trtllm_kv_cache_hit_rate", SOURCE_HITS, "Part of the blocks found in the cache."),
	LABELLED("trtllm_request_success_total", KIND_COUNTER, SOURCE_REQUESTS_STOP, "finished_reason=\"stop\"",
		 "Finished requests."),
	LABELLED("trtllm_request_success_total", KIND_COUNTER, SOURCE_REQUESTS_LENGTH, "finished_reason=\"length\"",
		 NULL),
	HISTOGRAM("trtllm_time_to_first_token_seconds", SOURCE_OBSERVED_TTFT, trtllm_ttft,
		  "Seconds to the first token."),
	HISTOGRAM("trtllm_time_per_output_token_seconds", SOURCE_OBSERVED_TPOT, trtllm_ttft,
		  "Mean seconds a token of a request."),
	HISTOGRAM("trtllm_e2e_request_latency_seconds", SOURCE_OBSERVED_E2E, trtllm_ttft,
		  "Seconds of a whole request."),
	HISTOGRAM("trtllm_request_queue_time_seconds", SOURCE_OBSERVED_QUEUE, trtllm_ttft, "Seconds in the queue."),
};

/* Triton with its TensorRT-LLM backend. Its counters are not called _total. */
#define TRT_REQUESTS "nv_trt_llm_request_metrics"
#define TRT_BLOCKS   "nv_trt_llm_kv_cache_block_metrics"
static const struct family triton_families[] = {
	GAUGE("nv_inference_pending_request_count", SOURCE_WAITING, "Requests that wait for their execution."),
	COUNTER("nv_inference_request_success", SOURCE_REQUESTS, "Requests that succeeded."),
	LABELLED("nv_inference_request_failure", KIND_COUNTER, SOURCE_ZERO, "reason=\"REJECTED\"",
		 "Requests that failed."),
	COUNTER("nv_inference_queue_duration_us", SOURCE_QUEUE_MICROSECONDS, "Microseconds in the queue, in all."),
	HISTOGRAM("nv_inference_first_response_histogram_ms", SOURCE_OBSERVED_TTFT_MS, triton_first_ms,
		  "Milliseconds to the first response."),
	LABELLED(TRT_REQUESTS, KIND_GAUGE, SOURCE_INFLIGHT, "request_type=\"active\"",
		 "Requests of the TensorRT-LLM backend."),
	LABELLED(TRT_REQUESTS, KIND_GAUGE, SOURCE_POOL_TOKENS, "request_type=\"max\"", NULL),
	LABELLED(TRT_REQUESTS, KIND_GAUGE, SOURCE_RUNNING, "request_type=\"scheduled\"", NULL),
	LABELLED(TRT_REQUESTS, KIND_GAUGE, SOURCE_ZERO, "request_type=\"context\"", NULL),
	LABELLED(TRT_REQUESTS, KIND_GAUGE, SOURCE_WAITING, "request_type=\"waiting\"", NULL),
	LABELLED(TRT_BLOCKS, KIND_GAUGE, SOURCE_POOL_TOKENS, "kv_cache_block_type=\"max\"", "Blocks of the KV cache."),
	LABELLED(TRT_BLOCKS, KIND_GAUGE, SOURCE_USED_TOKENS, "kv_cache_block_type=\"used\"", NULL),
	LABELLED(TRT_BLOCKS, KIND_GAUGE, SOURCE_CACHE, "kv_cache_block_type=\"fraction\"", NULL),
};

static const struct family tgi_families[] = {
	GAUGE("tgi_queue_size", SOURCE_WAITING, "Requests in the queue."),
	GAUGE("tgi_batch_current_size", SOURCE_RUNNING, "Requests in the batch."),
	GAUGE("tgi_batch_current_max_tokens", SOURCE_USED_TOKENS, "Tokens that the batch may grow to."),
	COUNTER("tgi_request_count", SOURCE_REQUESTS, "Requests."),
	COUNTER("tgi_request_success", SOURCE_REQUESTS, "Requests that succeeded."),
	HISTOGRAM("tgi_request_duration", SOURCE_OBSERVED_E2E, tgi_seconds, "Seconds of a whole request."),
	HISTOGRAM("tgi_request_queue_duration", SOURCE_OBSERVED_QUEUE, tgi_seconds, "Seconds in the queue."),
	HISTOGRAM("tgi_request_inference_duration", SOURCE_OBSERVED_INFERENCE, tgi_seconds, "Seconds of execution."),
	HISTOGRAM("tgi_request_mean_time_per_token_duration", SOURCE_OBSERVED_TPOT, tgi_seconds,
		  "Mean seconds a token of a request."),
};

static const struct family jetstream_families[] = {
	GAUGE("jetstream_prefill_backlog_size", SOURCE_WAITING, "Requests that wait for prefill."),
	LABELLED("jetstream_transfer_backlog_size", KIND_GAUGE, SOURCE_ZERO, "idx=\"0\"",
		 "Requests that wait for their transfer."),
	LABELLED("jetstream_generate_backlog_size", KIND_GAUGE, SOURCE_ZERO, "idx=\"0\"",
		 "Requests that wait for a place to generate."),
	LABELLED("jetstream_slots_used_percentage", KIND_GAUGE, SOURCE_CACHE, "idx=\"0\"",
		 "Used part of the decode slots; 1 is all of them."),
	LABELLED("jetstream_slots_used_percentage", KIND_GAUGE, SOURCE_HITS, "idx=\"1\"", NULL),
	GAUGE("num_requests_waiting", SOURCE_WAITING, "Requests that wait, all together."),
	GAUGE("kv_cache_utilization_perc", SOURCE_CACHE, "Used part of the decode slots."),
	COUNTER("jetstream_request_success_count_total", SOURCE_REQUESTS, "Requests that succeeded."),
	HISTOGRAM("jetstream_queue_duration", SOURCE_OBSERVED_QUEUE, jetstream_seconds, "Seconds in the queue."),
	HISTOGRAM("jetstream_time_to_first_token", SOURCE_OBSERVED_TTFT, jetstream_seconds,
		  "Seconds to the first token."),
	HISTOGRAM("jetstream_time_per_output_token", SOURCE_OBSERVED_TPOT, jetstream_seconds,
		  "Mean seconds a token of a request."),
	HISTOGRAM("jetstream_time_per_request", SOURCE_OBSERVED_E2E, jetstream_seconds, "Seconds of a whole request."),
};

static const struct family llamacpp_families[] = {
	GAUGE("llamacpp:requests_deferred", SOURCE_WAITING, "Requests that wait for a slot."),
	GAUGE("llamacpp:requests_processing", SOURCE_RUNNING, "Requests in a slot."),
	GAUGE("llamacpp:prompt_tokens_seconds", SOURCE_PROMPT_TOKENS_PER_SECOND, "Prompt tokens a second."),
	GAUGE("llamacpp:predicted_tokens_seconds", SOURCE_OUTPUT_TOKENS_PER_SECOND, "Generated tokens a second."),
	COUNTER("llamacpp:prompt_tokens_total", SOURCE_PROMPT_TOKENS, "Prompt tokens processed."),
	COUNTER("llamacpp:tokens_predicted_total", SOURCE_OUTPUT_TOKENS, "Tokens generated."),
	GAUGE("llamacpp:kv_cache_usage_ratio", SOURCE_CACHE, "Used part of the KV cache; 1 is all of it."),
};

/* Accelerators of one pod, as their exporters tell of them. It has two GPUs, the second as busy as `hits` says, with as
 * many MiB of memory each as a cache has tokens. */
#define GPU(number)                                                                                                    \
	"DCGM_FI_DRIVER_VERSION=\"550.90.07\",Hostname=\"node-1\",UUID=\"GPU-" number "-*\",container=\"engine\","     \
	"device=\"nvidia" number "\",gpu=\"" number "\",modelName=\"NVIDIA L20\",namespace=\"default\",pod=\"*\""
#define ON_GPU(name, source0, source1, help)                                                                           \
	LABELLED(name, KIND_GAUGE, source0, GPU("0"), help), LABELLED(name, KIND_GAUGE, source1, GPU("1"), NULL)
static const struct family dcgm_families[] = {
	ON_GPU("DCGM_FI_DEV_GPU_UTIL", SOURCE_CACHE_PERCENT, SOURCE_HITS_PERCENT, "Busy part of the time, in percent."),
	ON_GPU("DCGM_FI_DEV_MEM_COPY_UTIL", SOURCE_CACHE_PERCENT, SOURCE_HITS_PERCENT,
	       "Busy part of the memory's time, in percent."),
	ON_GPU("DCGM_FI_DEV_FB_USED", SOURCE_USED_TOKENS, SOURCE_ZERO, "Used memory, in MiB."),
	ON_GPU("DCGM_FI_DEV_FB_FREE", SOURCE_FREE_TOKENS, SOURCE_POOL_TOKENS, "Free memory, in MiB."),
	ON_GPU("DCGM_FI_DEV_POWER_USAGE", SOURCE_RUNNING, SOURCE_WAITING, "Power, in watts."),
	ON_GPU("DCGM_FI_PROF_GR_ENGINE_ACTIVE", SOURCE_CACHE, SOURCE_HITS, "Active part of the time."),
	ON_GPU("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", SOURCE_CACHE, SOURCE_HITS, "Active part of the tensor cores' time."),
};

#define TPU                                                                                                            \
	"accelerator_id=\"0\",container_name=\"engine\",make=\"cloud-tpu\",monitored_resource=\"k8s_container\","      \
	"namespace_name=\"default\",pod_name=\"*\""
#define ON_TPU(name, source, help) LABELLED("kubernetes_io:container_accelerator_" name, KIND_GAUGE, source, TPU, help)
static const struct family tpu_families[] = {
	ON_TPU("duty_cycle", SOURCE_CACHE_PERCENT, "Busy part of the time, in percent."),
	ON_TPU("tensorcore_utilization", SOURCE_HITS_PERCENT, "Busy part of the tensor cores, in percent."),
	ON_TPU("memory_bandwidth_utilization", SOURCE_HITS_PERCENT, "Used part of the bandwidth, in percent."),
	ON_TPU("memory_used", SOURCE_MEMORY, "Used memory, in bytes."),
	ON_TPU("memory_total", SOURCE_NODE_MEMORY, "Memory, in bytes."),
};

/* Endpoint pickers that also tell of each pod: the release before 1.1, then that with a rank behind the pod's name, then
 * the one that moved to llm-d. The pool has the pods *-0, which waits as `waiting` says, in its second rank as `running`
 * does, and *-1. */
#define EPP_NAME       "name=\"*\""
#define EPP_MODEL      "model_name=\"qwen\",target_model_name=\"" QWEN "\""
#define EPP_FLOW       "fairness_id=\"default\",inference_pool=\"*\",model_name=\"qwen\",priority=\"0\""
#define EPP_OF(pod)    EPP_NAME ",model_server_pod=\"*-" pod "\""
#define EPP_POD	       "inference_pool_per_pod_queue_size"
#define LLM_D_OF(name) EPP_NAME ",model_server_endpoint=\"*-" name "\""
#define EPP_POOL                                                                                                       \
	LABELLED("inference_pool_average_kv_cache_utilization", KIND_GAUGE, SOURCE_CACHE, EPP_NAME,                    \
		 "Mean used part of the pool's KV caches."),                                                           \
		LABELLED("inference_pool_average_queue_size", KIND_GAUGE, SOURCE_WAITING, EPP_NAME,                    \
			 "Mean number of requests in the pool's queues."),                                             \
		LABELLED("inference_pool_ready_pods", KIND_GAUGE, SOURCE_PODS, EPP_NAME, "Ready pods of the pool.")

static const struct family epp_pods_families[] = {
	EPP_POOL,
	LABELLED(EPP_POD, KIND_GAUGE, SOURCE_WAITING, EPP_OF("0"), "Requests in the queue of a pod."),
	LABELLED(EPP_POD, KIND_GAUGE, SOURCE_RUNNING, EPP_OF("1"), NULL),
	LABELLED("inference_model_request_total", KIND_COUNTER, SOURCE_REQUESTS, EPP_MODEL, "Requests."),
	LABELLED("inference_model_request_error_total", KIND_COUNTER, SOURCE_ZERO, "error_code=\"500\"," EPP_MODEL,
		 "Requests that failed."),
	LABELLED_HISTOGRAM("inference_model_request_duration_seconds", SOURCE_OBSERVED_E2E, epp_seconds, EPP_MODEL,
			   "Seconds of a whole request."),
};

static const struct family epp_rank_families[] = {
	EPP_POOL,
	LABELLED("inference_pool_average_running_requests", KIND_GAUGE, SOURCE_RUNNING, EPP_NAME,
		 "Mean number of requests that run."),
	LABELLED(EPP_POD, KIND_GAUGE, SOURCE_WAITING, EPP_OF("0-rank-0"), "Requests in the queue of a rank."),
	LABELLED(EPP_POD, KIND_GAUGE, SOURCE_RUNNING, EPP_OF("0-rank-1"), NULL),
	LABELLED(EPP_POD, KIND_GAUGE, SOURCE_RUNNING, EPP_OF("1-rank-0"), NULL),
	LABELLED("inference_objective_request_total", KIND_COUNTER, SOURCE_REQUESTS, EPP_MODEL ",priority=\"0\"",
		 "Requests."),
	LABELLED("inference_objective_request_error_total", KIND_COUNTER, SOURCE_ZERO, "error_code=\"500\"," EPP_MODEL,
		 "Requests that failed."),
	LABELLED_HISTOGRAM("inference_objective_request_duration_seconds", SOURCE_OBSERVED_E2E, epp_seconds,
			   EPP_MODEL ",priority=\"0\"", "Seconds of a whole request."),
	LABELLED("inference_extension_flow_control_queue_size", KIND_GAUGE, SOURCE_WAITING, EPP_FLOW,
		 "Requests that wait in the gateway."),
	LABELLED("inference_extension_flow_control_pool_saturation", KIND_GAUGE, SOURCE_CACHE, "inference_pool=\"*\"",
		 "How full the pool is; 1 is full."),
};

static const struct family llm_d_families[] = {
	LABELLED("llm_d_epp_average_kv_cache_utilization", KIND_GAUGE, SOURCE_CACHE, EPP_NAME,
		 "Mean used part of the pool's KV caches."),
	LABELLED("llm_d_epp_average_queue_size", KIND_GAUGE, SOURCE_WAITING, EPP_NAME,
		 "Mean number of requests in the pool's queues."),
	LABELLED("llm_d_epp_average_running_requests", KIND_GAUGE, SOURCE_RUNNING, EPP_NAME,
		 "Mean number of requests that run."),
	LABELLED("llm_d_epp_ready_endpoints", KIND_GAUGE, SOURCE_PODS, EPP_NAME, "Ready endpoints of the pool."),
	LABELLED("llm_d_epp_per_endpoint_queue_size", KIND_GAUGE, SOURCE_WAITING, LLM_D_OF("0-rank-0"),
		 "Requests in the queue of an endpoint."),
	LABELLED("llm_d_epp_per_endpoint_queue_size", KIND_GAUGE, SOURCE_RUNNING, LLM_D_OF("0-rank-1"), NULL),
	LABELLED("llm_d_epp_per_endpoint_queue_size", KIND_GAUGE, SOURCE_RUNNING, LLM_D_OF("1-rank-0"), NULL),
	LABELLED("llm_d_epp_flow_control_queue_size", KIND_GAUGE, SOURCE_WAITING, EPP_FLOW,
		 "Requests that wait in the gateway."),
	LABELLED("llm_d_epp_flow_control_pool_saturation", KIND_GAUGE, SOURCE_CACHE,
		 "inference_pool=\"*\",stage=\"decode\"", "How full the pool is; 1 is full."),
};

#define SGLANG_BEFORE "engine_type=\"unified\""
#define SGLANG_AFTER  "model_name=\"" QWEN "\",moe_ep_rank=\"0\",pp_rank=\"0\",tp_rank=\"0\""

static const struct engine engines[] = {
	{"vllm", "engine=\"0\"", "model_name=\"" QWEN "\"", false, true, vllm_families, COUNT(vllm_families)},
	{"vllm-old", NULL, "model_name=\"" QWEN "\"", false, true, vllm_old_families, COUNT(vllm_old_families)},
	{"sglang", SGLANG_BEFORE, SGLANG_AFTER, false, true, sglang_families, COUNT(sglang_families)},
	{"dynamo", NULL, "model=\"" QWEN "\"", true, false, dynamo_families, COUNT(dynamo_families)},
	{"dynamo-new", NULL, "model=\"" QWEN "\"", true, false, dynamo_new_families, COUNT(dynamo_new_families)},
	{"dynamo-worker", "dynamo_component=\"backend\",dynamo_endpoint=\"generate\",dynamo_namespace=\"dynamo\"",
	 "model=\"" QWEN "\",worker_id=\"*\"", true, false, dynamo_worker_families, COUNT(dynamo_worker_families)},
	{"cadvisor", NULL, NULL, false, false, cadvisor_families, COUNT(cadvisor_families)},
	{"epp", "name=\"*\"", NULL, false, false, epp_families, COUNT(epp_families)},
	{"epp-pods", NULL, NULL, true, false, epp_pods_families, COUNT(epp_pods_families)},
	{"epp-rank", NULL, NULL, true, false, epp_rank_families, COUNT(epp_rank_families)},
	{"llm-d", NULL, NULL, true, false, llm_d_families, COUNT(llm_d_families)},
	{"trtllm", "engine_type=\"trtllm\"", "model_name=\"" QWEN "\"", false, true, trtllm_families,
	 COUNT(trtllm_families)},
	{"triton", NULL, "model=\"tensorrt_llm\",version=\"1\"", false, false, triton_families, COUNT(triton_families)},
	{"tgi", NULL, NULL, false, false, tgi_families, COUNT(tgi_families)},
	{"jetstream", "id=\"*\"", "model_name=\"llama3_70b\"", false, true, jetstream_families,
	 COUNT(jetstream_families)},
	{"llamacpp", NULL, NULL, false, false, llamacpp_families, COUNT(llamacpp_families)},
	{"dcgm", NULL, NULL, false, false, dcgm_families, COUNT(dcgm_families)},
	{"tpu", NULL, NULL, false, false, tpu_families, COUNT(tpu_families)},
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
	return "vllm, vllm-old, sglang, dynamo, dynamo-new, dynamo-worker, cadvisor, epp, epp-pods, epp-rank, llm-d, "
	       "trtllm, triton, tgi, jetstream, llamacpp, dcgm, tpu";
}
