/* SPDX-License-Identifier: Apache-2.0 */
/* jansson_parse.c - what it costs a general JSON library to read a file: CPU and memory, to compare with. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static char *read_whole(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	char *bytes = NULL;
	long size;

	if (file == NULL)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0) {
		bytes = malloc((size_t)size);
		if (bytes != NULL && fread(bytes, 1, (size_t)size, file) != (size_t)size) {
			free(bytes);
			bytes = NULL;
		}
		*ret_size = (size_t)size;
	}
	fclose(file);
	return bytes;
}

int main(int argc, char **argv)
{
	size_t size = 0;
	char *bytes = argc == 2 ? read_whole(argv[1], &size) : NULL;
	struct rusage before, after;
	json_error_t error;
	json_t *root;
	double begun;

	if (bytes == NULL) {
		fprintf(stderr, "usage: jansson_parse FILE (readable and not empty)\n");
		return 2;
	}
	getrusage(RUSAGE_SELF, &before);
	begun = cpu_seconds();
	root = json_loadb(bytes, size, 0, &error);
	if (root == NULL) {
		fprintf(stderr, "jansson_parse: line %d: %s\n", error.line, error.text);
		free(bytes);
		return 1;
	}
	printf("series=%zu cpu_ms=%.3f ", json_array_size(json_object_get(root, "data")),
	       (cpu_seconds() - begun) * 1e3);
	getrusage(RUSAGE_SELF, &after);
	printf("memory_kb=%ld\n", after.ru_maxrss - before.ru_maxrss);
	json_decref(root);
	free(bytes);
	return 0;
}
