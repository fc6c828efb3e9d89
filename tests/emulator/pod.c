/* SPDX-License-Identifier: Apache-2.0 */
/* pod.c - lets a load run and writes the exposition text. */
#include "pod.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STOP_OF 8 /* every eighth request ends by its length */

bool pod_init(struct pod *pod, const char *name, const struct engine *engine)
{
	memset(pod, 0, sizeof(*pod));
	pod->name = name;
	pod->engine = engine;
	pod->load = (struct load){.ttft = 0.2, .itl = 0.02, .prompt = 512, .output = 128};
	pod->histograms = calloc(engine->count, sizeof(*pod->histograms));
	if (pod->histograms == NULL)
		return false;
	for (size_t i = 0; i < engine->count; i++) {
		const struct buckets *buckets = engine->families[i].buckets;

		if (buckets == NULL)
			continue;
		pod->histograms[i].counts = calloc(buckets->count + 1, sizeof(uint64_t));
		if (pod->histograms[i].counts == NULL)
			return false;
	}
	return true;
}

void pod_clear(struct pod *pod)
{
	for (size_t i = 0; pod->histograms != NULL && i < pod->engine->count; i++)
		free(pod->histograms[i].counts);
	free(pod->histograms);
	memset(pod, 0, sizeof(*pod));
}

static double request_seconds(const struct load *load)
{
	return load->ttft + load->itl * (load->output - 1);
}

static double requests_per_second(const struct load *load)
{
	return load->running / (request_seconds(load) - load->queue);
}

/* What one observation of a family is. */
static double observed(const struct load *load, enum source source)
{
	if (source == SOURCE_OBSERVED_TTFT)
		return load->ttft;
	if (source == SOURCE_OBSERVED_TTFT_MS)
		return load->ttft * 1000;
	if (source == SOURCE_OBSERVED_ITL || source == SOURCE_OBSERVED_TPOT)
		return load->itl;
	if (source == SOURCE_OBSERVED_E2E)
		return request_seconds(load);
	if (source == SOURCE_OBSERVED_QUEUE)
		return load->queue;
	if (source == SOURCE_OBSERVED_PREFILL)
		return load->ttft - load->queue;
	if (source == SOURCE_OBSERVED_DECODE)
		return load->itl * (load->output - 1);
	if (source == SOURCE_OBSERVED_INFERENCE)
		return request_seconds(load) - load->queue;
	if (source == SOURCE_OBSERVED_PROMPT)
		return load->prompt;
	return source == SOURCE_OBSERVED_OUTPUT ? load->output : 1;
}

static void observe(struct histogram *histogram, const struct buckets *buckets, double value, uint64_t times)
{
	size_t i = 0;

	while (i < buckets->count && value > buckets->bounds[i])
		i++;
	histogram->counts[i] += times;
	histogram->count += times;
	histogram->sum += value * (double)times;
}

static void finish_requests(struct pod *pod, uint64_t requests)
{
	const struct load *load = &pod->load;

	pod->requests += requests;
	pod->queue_seconds += load->queue * (double)requests;
	pod->prompt_tokens += floor(load->prompt) * (double)requests;
	pod->cached_tokens += floor(load->prompt * load->hits) * (double)requests;
	pod->output_tokens += floor(load->output) * (double)requests;
	for (size_t i = 0; i < pod->engine->count; i++) {
		const struct family *family = &pod->engine->families[i];
		uint64_t times =
			family->source == SOURCE_OBSERVED_ITL ? requests * (uint64_t)(load->output - 1) : requests;

		if (family->kind == KIND_HISTOGRAM)
			observe(&pod->histograms[i], family->buckets, observed(load, family->source), times);
	}
}

void pod_advance(struct pod *pod, double seconds)
{
	double whole;

	pod->seconds += seconds;
	pod->cpu_seconds += seconds * pod->load.cpu;
	pod->unfinished = modf(pod->unfinished + seconds * requests_per_second(&pod->load), &whole);
	if (whole >= 1)
		finish_requests(pod, (uint64_t)whole);
}

/* Sums over the time that has passed. */
static double so_far(const struct pod *pod, enum source source)
{
	uint64_t length = pod->requests / STOP_OF;

	if (source == SOURCE_CPU_SECONDS)
		return pod->cpu_seconds;
	if (source == SOURCE_NODE_CPU_SECONDS)
		return pod->cpu_seconds + pod->seconds * NODE_CPU;
	if (source == SOURCE_QUEUE_MICROSECONDS)
		return floor(pod->queue_seconds * 1e6);
	if (source == SOURCE_REQUESTS)
		return (double)pod->requests;
	if (source == SOURCE_REQUESTS_STOP)
		return (double)(pod->requests - length);
	if (source == SOURCE_REQUESTS_LENGTH)
		return (double)length;
	if (source == SOURCE_PROMPT_TOKENS)
		return pod->prompt_tokens;
	if (source == SOURCE_CACHED_TOKENS)
		return pod->cached_tokens;
	return source == SOURCE_OUTPUT_TOKENS ? pod->output_tokens : 0;
}

static double current(const struct pod *pod, enum source source)
{
	const struct load *load = &pod->load;

	if (source == SOURCE_WAITING)
		return load->waiting;
	if (source == SOURCE_RUNNING)
		return load->running;
	if (source == SOURCE_INFLIGHT)
		return load->waiting + load->running;
	if (source == SOURCE_CACHE)
		return load->cache;
	if (source == SOURCE_HITS)
		return load->hits;
	if (source == SOURCE_CACHE_PERCENT)
		return load->cache * 100;
	if (source == SOURCE_HITS_PERCENT)
		return load->hits * 100;
	if (source == SOURCE_PODS)
		return load->pods;
	if (source == SOURCE_MEMORY)
		return load->memory;
	if (source == SOURCE_NODE_MEMORY)
		return load->memory + NODE_MEMORY;
	if (source == SOURCE_USED_TOKENS)
		return floor(load->cache * KV_TOKENS);
	if (source == SOURCE_FREE_TOKENS)
		return KV_TOKENS - floor(load->cache * KV_TOKENS);
	if (source == SOURCE_POOL_TOKENS)
		return KV_TOKENS;
	if (source == SOURCE_PROMPT_TOKENS_PER_SECOND)
		return requests_per_second(load) * load->prompt;
	if (source == SOURCE_OUTPUT_TOKENS_PER_SECOND)
		return requests_per_second(load) * load->output;
	return source == SOURCE_ONE ? 1 : so_far(pod, source);
}

/* The shortest digits that read back as the same number, written as the engine's own client writes them. */
static void write_number(FILE *out, const struct engine *engine, double number)
{
	char text[40];
	int digits = 0, exponent;

	if (isnan(number)) {
		fputs("NaN", out);
		return;
	}
	do
		snprintf(text, sizeof(text), "%.*e", digits++, number);
	while (digits < 17 && strtod(text, NULL) != number);
	exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	if (engine->python_numbers && (exponent < -4 || exponent > 5))
		fputs(text, out);
	else
		fprintf(out, "%.*f",
			digits - 1 - exponent > (int)engine->python_numbers ? digits - 1 - exponent
									    : (int)engine->python_numbers,
			number);
}

static void write_label(FILE *out, const char *label, const char *name)
{
	for (; *label != '\0'; label++) {
		if (*label == '*')
			fputs(name, out);
		else
			fputc(*label, out);
	}
}

/* Label sets joined with commas; what is NULL is left out. */
static void write_labels(FILE *out, const struct pod *pod, const char *label, const char *le)
{
	const struct engine *engine = pod->engine;
	const char *parts[] = {engine->labels_before, label, engine->le_last ? NULL : le, engine->labels_after,
			       engine->le_last ? le : NULL};
	const char *separator = "{";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i] == NULL)
			continue;
		fputs(separator, out);
		write_label(out, parts[i], pod->name);
		separator = ",";
	}
	fputs(separator[0] == '{' ? " " : "} ", out);
}

static void write_sample(FILE *out, const struct pod *pod, const char *name, const char *suffix, const char *label,
			 const char *le, double value)
{
	fprintf(out, "%s%s", name, suffix);
	write_labels(out, pod, label, le);
	write_number(out, pod->engine, value);
	fputc('\n', out);
}

static void write_histogram(FILE *out, const struct pod *pod, const struct family *family,
			    const struct histogram *histogram)
{
	const struct buckets *buckets = family->buckets;
	uint64_t below = 0;

	for (size_t i = 0; i <= buckets->count; i++) {
		char *le = NULL;
		size_t size;
		FILE *text = open_memstream(&le, &size);

		if (text == NULL)
			return;
		fputs("le=\"", text);
		if (i == buckets->count)
			fputs("+Inf", text);
		else
			write_number(text, pod->engine, buckets->bounds[i]);
		fputc('"', text);
		fclose(text);
		below += histogram->counts[i];
		write_sample(out, pod, family->name, "_bucket", family->label, le, (double)below);
		free(le);
	}
	write_sample(out, pod, family->name, "_sum", family->label, NULL, histogram->sum);
	write_sample(out, pod, family->name, "_count", family->label, NULL, (double)histogram->count);
}

static bool is_load(enum source source)
{
	return source >= SOURCE_WAITING && source <= SOURCE_NODE_MEMORY;
}

void pod_write_metrics(const struct pod *pod, FILE *out)
{
	static const char *const types[] = {
		[KIND_GAUGE] = "gauge", [KIND_COUNTER] = "counter", [KIND_HISTOGRAM] = "histogram"};
	const struct engine *engine = pod->engine;

	if (engine->python_numbers)
		fputs("# HELP python_info Python platform information.\n# TYPE python_info gauge\n"
		      "python_info{implementation=\"CPython\",major=\"3\",minor=\"12\",patchlevel=\"11\",version=\"3."
		      "12.11\"}"
		      " 1.0\n",
		      out);
	for (size_t i = 0; pod->load.fault != FAULT_ABSENT && i < engine->count; i++) {
		const struct family *family = &engine->families[i];
		bool unknown = pod->load.fault == FAULT_NAN && is_load(family->source);

		if (family->help != NULL)
			fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
				types[family->kind]);
		if (family->kind == KIND_HISTOGRAM)
			write_histogram(out, pod, family, &pod->histograms[i]);
		else
			write_sample(out, pod, family->name, "", family->label, NULL,
				     unknown ? (double)NAN : current(pod, family->source));
	}
}
