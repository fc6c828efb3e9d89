/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - the settings of a pod by name, and how they look as JSON. */
#include "pod.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct setting {
	const char *name;
	size_t offset;
	double min, max;
};

static const struct setting settings[] = {
	{"waiting", offsetof(struct load, waiting), 0, 1e9}, {"running", offsetof(struct load, running), 0, 1e6},
	{"cache", offsetof(struct load, cache), 0, 1},	     {"hits", offsetof(struct load, hits), 0, 1},
	{"ttft", offsetof(struct load, ttft), 0.0001, 3600}, {"queue", offsetof(struct load, queue), 0, 3600},
	{"itl", offsetof(struct load, itl), 0.0001, 60},     {"prompt", offsetof(struct load, prompt), 1, 1e6},
	{"output", offsetof(struct load, output), 1, 1e6},   {"cpu", offsetof(struct load, cpu), 0, 1024},
	{"memory", offsetof(struct load, memory), 0, 1e15},  {"pods", offsetof(struct load, pods), 0, 1e6},
};

static const char *const faults[] = {
	[FAULT_NONE] = "none", [FAULT_NAN] = "nan",   [FAULT_ABSENT] = "absent",
	[FAULT_500] = "500",   [FAULT_HANG] = "hang",
};

static bool parse_number(const char *text, double *ret_number)
{
	char *end;
	double number;

	/* strtod would also take a space, a sign, 0x10, nan and infinity. */
	if (!isdigit((unsigned char)text[0]) || strpbrk(text, "xXpP") != NULL)
		return false;
	errno = 0;
	number = strtod(text, &end);
	if (*end != '\0' || errno != 0 || !isfinite(number))
		return false;
	*ret_number = number;
	return true;
}

static bool set_fault(struct load *load, const char *value, char *why, size_t size)
{
	for (size_t i = 0; i < COUNT(faults); i++) {
		if (strcmp(value, faults[i]) == 0) {
			load->fault = (enum fault)i;
			return true;
		}
	}
	snprintf(why, size, "fault: '%.40s' is none of none, nan, absent, 500, hang", value);
	return false;
}

bool load_set(struct load *load, const char *key, const char *value, char *why, size_t size)
{
	if (strcmp(key, "fault") == 0)
		return set_fault(load, value, why, size);
	for (size_t i = 0; i < COUNT(settings); i++) {
		const struct setting *setting = &settings[i];
		double number = 0;

		if (strcmp(key, setting->name) != 0)
			continue;
		if (!parse_number(value, &number)) {
			snprintf(why, size, "%s: '%.40s' is not a number", key, value);
			return false;
		}
		if (number < setting->min || number > setting->max) {
			snprintf(why, size, "%s: %.40s is not in %g to %g", key, value, setting->min, setting->max);
			return false;
		}
		memcpy((char *)load + setting->offset, &number, sizeof(number));
		return true;
	}
	snprintf(why, size, "'%.40s' is no setting", key);
	return false;
}

bool load_check(const struct load *load, char *why, size_t size)
{
	if (load->queue <= load->ttft)
		return true;
	snprintf(why, size, "queue: %g s in the queue, but the first token after %g s (ttft)", load->queue, load->ttft);
	return false;
}

void pod_write_load(const struct pod *pod, FILE *out)
{
	fprintf(out, "{\"pod\":\"%s\",\"engine\":\"%s\"", pod->name, pod->engine->name);
	for (size_t i = 0; i < COUNT(settings); i++) {
		double number;

		memcpy(&number, (const char *)&pod->load + settings[i].offset, sizeof(number));
		fprintf(out, ",\"%s\":%.15g", settings[i].name, number);
	}
	fprintf(out, ",\"fault\":\"%s\",\"seconds\":%.3f}\n", faults[pod->load.fault], pod->seconds);
}
