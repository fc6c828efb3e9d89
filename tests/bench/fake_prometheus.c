/* SPDX-License-Identifier: Apache-2.0 */
/* fake_prometheus.c - answers /api/v1/series with many series and /api/v1/query for the pods that are asked for, as fast
   as it can, and counts what it answered. A real Prometheus would spend more on an answer than the server under test. */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define PODS_A_METRIC 1000
#define VALUE	      11

static struct {
	char *series;
	size_t series_size;
	unsigned long pods;	      /* that a query without a name is answered for */
	unsigned long series_answers; /* that went out whole */
	unsigned long query_answers;
} fake;

static const char *const engine_metrics[] = {
	"vllm:num_requests_waiting", "vllm:num_requests_running",    "vllm:kv_cache_usage_perc",
	"vllm:prompt_tokens_total",  "vllm:generation_tokens_total",
};

/* About as many bytes and labels as a PodMonitor's series of a vLLM pod has. */
static void write_series(FILE *out, unsigned long count)
{
	fputs("{\"status\":\"success\",\"data\":[", out);
	for (unsigned long i = 0; i < count; i++) {
		unsigned long family = i / PODS_A_METRIC, pod = i % PODS_A_METRIC;
		size_t known = sizeof(engine_metrics) / sizeof(engine_metrics[0]);

		fprintf(out, "%s{\"__name__\":\"", i > 0 ? "," : "");
		if (family < known)
			fputs(engine_metrics[family], out);
		else
			fprintf(out, "vllm:metric_%lu_total", family);
		fprintf(out,
			"\",\"container\":\"vllm\",\"endpoint\":\"http\",\"engine\":\"0\",\"instance\":\"10.1.%lu.%lu:"
			"8000\","
			"\"job\":\"default/llm-serving-podmonitor\",\"model_name\":\"Qwen/Qwen3-32B\",\"namespace\":"
			"\"default\",\"pod\":\"vllm-%lu\",\"pod_name\":\"vllm-%lu\",\"pod_namespace\":\"default\"}",
			pod / 256, pod % 256, pod, pod);
	}
	fputs("]}\n", out);
}

/* What stands between the quotes after a matcher's name. */
struct quoted {
	const char *bytes;
	size_t size;
};

static struct quoted find_matcher(const char *query, const char *name, const char *otherwise)
{
	const char *matcher = strstr(query, name);
	const char *quote = matcher != NULL ? strchr(matcher, '"') : NULL;

	if (quote == NULL)
		return (struct quoted){.bytes = otherwise, .size = strlen(otherwise)};
	return (struct quoted){.bytes = quote + 1, .size = strcspn(quote + 1, "\"")};
}

/* The N of a query that ends with `* N`, so that an answer tells which query it was asked. */
static unsigned long factor_of(const char *query)
{
	const char *star = strrchr(query, '*');
	char *end = NULL;
	unsigned long factor = star != NULL ? strtoul(star + 1, &end, 10) : 0;

	return factor > 0 && *end == '\0' ? factor : 1;
}

static void write_sample(FILE *out, const char *separator, struct quoted space, struct quoted pod, unsigned long value)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	fprintf(out, "%s{\"metric\":{\"namespace\":\"%.*s\",\"pod\":\"%.*s\"},\"value\":[%lld.%03ld,\"%lu\"]}",
		separator, (int)space.size, space.bytes, (int)pod.size, pod.bytes, (long long)time.tv_sec,
		time.tv_nsec / 1000000, value);
}

/* The names of pod="a" or pod=~"a|b"; without one, as many pods as the command line says. */
static void write_answer(FILE *out, const char *query)
{
	struct quoted space = find_matcher(query, "namespace=", "default"), names = find_matcher(query, "pod=", ".");
	const char *separator = "", *end = names.bytes + names.size;
	unsigned long value = VALUE * factor_of(query);

	fputs("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[", out);
	if (names.size > 0 && names.bytes[0] != '.') {
		for (const char *name = names.bytes; name < end; separator = ",") {
			struct quoted pod = {.bytes = name, .size = strcspn(name, "|\"")};

			write_sample(out, separator, space, pod, value);
			name += pod.size + 1;
		}
	} else {
		for (unsigned long i = 0; i < fake.pods; i++, separator = ",") {
			char pod[40];
			int size = snprintf(pod, sizeof(pod), "vllm-%lu", i);

			write_sample(out, separator, space, (struct quoted){.bytes = pod, .size = (size_t)size}, value);
		}
	}
	fputs("]}}\n", out);
}

static enum MHD_Result answer(struct MHD_Connection *connection, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_query(struct MHD_Connection *connection, const char *query)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return MHD_NO;
	write_answer(out, query != NULL ? query : "");
	fclose(out);
	fake.query_answers++;
	return answer(connection, MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE));
}

static enum MHD_Result answer_counts(struct MHD_Connection *connection)
{
	char text[100];
	size_t size = (size_t)snprintf(text, sizeof(text), "{\"series\":%lu,\"queries\":%lu,\"series_bytes\":%zu}\n",
				       fake.series_answers, fake.query_answers, fake.series_size);

	return answer(connection, MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_COPY));
}

/* What *request points to. */
struct exchange {
	struct MHD_PostProcessor *form; /* a long query comes in the body; NULL: it is in the URL */
	FILE *out;
	char *query;
	size_t query_size;
	bool is_series;
};

static enum MHD_Result take_field(void *context, enum MHD_ValueKind kind, const char *key, const char *filename,
				  const char *type, const char *encoding, const char *bytes, uint64_t offset,
				  size_t size)
{
	struct exchange *exchange = context;

	(void)kind;
	(void)filename;
	(void)type;
	(void)encoding;
	(void)offset;
	if (strcmp(key, "query") == 0)
		fwrite(bytes, 1, size, exchange->out);
	return MHD_YES;
}

static struct exchange *begin_exchange(struct MHD_Connection *connection, const char *method)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL || strcmp(method, MHD_HTTP_METHOD_POST) != 0)
		return exchange;
	exchange->out = open_memstream(&exchange->query, &exchange->query_size);
	if (exchange->out != NULL)
		exchange->form = MHD_create_post_processor(connection, 65536, take_field, exchange);
	return exchange;
}

static void end_exchange(struct exchange *exchange)
{
	if (exchange->form != NULL)
		MHD_destroy_post_processor(exchange->form);
	if (exchange->out != NULL)
		fclose(exchange->out);
	free(exchange->query);
	free(exchange);
}

static enum MHD_Result answer_exchange(struct MHD_Connection *connection, const char *path, struct exchange *exchange)
{
	if (strcmp(path, "/counts") == 0)
		return answer_counts(connection);
	if (strcmp(path, "/api/v1/query") == 0) {
		if (exchange->out != NULL)
			fflush(exchange->out);
		return answer_query(connection,
				    exchange->out != NULL
					    ? exchange->query
					    : MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "query"));
	}
	exchange->is_series = true;
	return answer(connection,
		      MHD_create_response_from_buffer(fake.series_size, fake.series, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *path, const char *method,
			      const char *version, const char *body, size_t *body_size, void **request)
{
	struct exchange *exchange = *request;

	(void)data;
	(void)version;
	if (exchange == NULL) {
		*request =
			begin_exchange(connection, method); /* an answer in the first call would close the connection */
		return *request != NULL ? MHD_YES : MHD_NO;
	}
	if (*body_size > 0) {
		if (exchange->form != NULL)
			MHD_post_process(exchange->form, body, *body_size);
		*body_size = 0;
		return MHD_YES;
	}
	if (exchange->form != NULL) { /* its end brings the last field */
		MHD_destroy_post_processor(exchange->form);
		exchange->form = NULL;
	}
	return answer_exchange(connection, path, exchange);
}

static void completed(void *data, struct MHD_Connection *connection, void **request,
		      enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *request;

	(void)data;
	(void)connection;
	if (exchange == NULL)
		return;
	if (exchange->is_series && code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		fake.series_answers++;
	end_exchange(exchange);
	*request = NULL;
}

static bool serve(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct MHD_Daemon *daemon;
	sigset_t mask;
	struct pollfd fds[2];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR,
				  (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
				  MHD_OPTION_END);
	if (daemon == NULL)
		return false;
	printf("http://127.0.0.1:%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	fds[0] = (struct pollfd){.fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
				 .events = POLLIN};
	fds[1] = (struct pollfd){.fd = signalfd(-1, &mask, SFD_CLOEXEC), .events = POLLIN};
	while (fds[1].revents == 0) {
		MHD_UNSIGNED_LONG_LONG wanted;

		if (poll(fds, 2, MHD_get_timeout(daemon, &wanted) == MHD_YES ? (int)wanted : -1) < 0 && errno != EINTR)
			break;
		MHD_run(daemon);
	}
	MHD_stop_daemon(daemon);
	close(fds[1].fd);
	return true;
}

static bool save_series(const char *path)
{
	FILE *file = fopen(path, "wb");
	bool good = file != NULL && fwrite(fake.series, 1, fake.series_size, file) == fake.series_size;

	return file != NULL && fclose(file) == 0 && good;
}

static bool parse_count(const char *text, unsigned long *ret_count)
{
	char *end;

	*ret_count = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *ret_count <= 10000000;
}

int main(int argc, char **argv)
{
	unsigned long count;
	FILE *out;
	bool good;

	if (argc < 3 || argc > 4 || !parse_count(argv[1], &count) || !parse_count(argv[2], &fake.pods)) {
		fprintf(stderr, "usage: fake_prometheus SERIES PODS [FILE that gets the series answer]\n");
		return 2;
	}
	out = open_memstream(&fake.series, &fake.series_size);
	if (out == NULL)
		return 1;
	write_series(out, count);
	good = fclose(out) == 0 && (argc < 4 || save_series(argv[3])) && serve();
	free(fake.series);
	return good ? 0 : 1;
}
