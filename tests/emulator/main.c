/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - serves the /metrics of emulated pods, each on a port of its own, and takes their load over /load. */
#include "pod.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define PODS_MAX 64
#define HUNG_MAX 64

struct served {
	struct pod pod;
	struct MHD_Daemon *daemon;
	double at; /* when the pod was brought up to date */
	struct MHD_Connection *hung[HUNG_MAX];
	size_t hung_count;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void catch_up(struct served *served)
{
	double time = now();

	pod_advance(&served->pod, time - served->at);
	served->at = time;
}

/* Takes `text` over; it came from malloc. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type, char *text,
			      size_t size)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (response == NULL) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned code, const char *text)
{
	size_t size = strlen(text);
	char *copy = malloc(size + 2);

	if (copy == NULL)
		return MHD_NO;
	snprintf(copy, size + 2, "%s\n", text);
	return answer(connection, code, "text/plain", copy, size + 1);
}

static enum MHD_Result answer_written(struct MHD_Connection *connection, const struct pod *pod, const char *type,
				      void (*write)(const struct pod *, FILE *))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return MHD_NO;
	write(pod, out);
	if (fclose(out) != 0) {
		free(text);
		return MHD_NO;
	}
	return answer(connection, MHD_HTTP_OK, type, text, size);
}

static void release_hung(struct served *served)
{
	for (size_t i = 0; i < served->hung_count; i++)
		MHD_resume_connection(served->hung[i]);
	served->hung_count = 0;
}

static enum MHD_Result serve_metrics(struct served *served, struct MHD_Connection *connection)
{
	if (served->pod.load.fault == FAULT_500)
		return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "fault=500");
	if (served->pod.load.fault == FAULT_HANG) {
		if (served->hung_count == HUNG_MAX)
			return MHD_NO;
		served->hung[served->hung_count++] = connection;
		MHD_suspend_connection(connection);
		return MHD_YES;
	}
	catch_up(served);
	return answer_written(connection, &served->pod, "text/plain; version=0.0.4; charset=utf-8", pod_write_metrics);
}

struct change {
	struct load load;
	bool good;
	char why[200];
};

static enum MHD_Result take_setting(void *data, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct change *change = data;

	(void)kind;
	change->good = load_set(&change->load, key, value != NULL ? value : "", change->why, sizeof(change->why));
	return change->good ? MHD_YES : MHD_NO;
}

static enum MHD_Result serve_load(struct served *served, struct MHD_Connection *connection)
{
	struct change change = {.load = served->pod.load, .good = true};

	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_setting, &change);
	if (!change.good || !load_check(&change.load, change.why, sizeof(change.why)))
		return answer_text(connection, MHD_HTTP_BAD_REQUEST, change.why);
	catch_up(served);
	served->pod.load = change.load;
	if (change.load.fault != FAULT_HANG)
		release_hung(served);
	return answer_written(connection, &served->pod, "application/json", pod_write_load);
}

/* Seconds that pass at once, so that a test of the counters need not wait. */
static enum MHD_Result serve_advance(struct served *served, struct MHD_Connection *connection)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "seconds");
	char *end = NULL;
	long seconds = text != NULL ? strtol(text, &end, 10) : 0;

	if (text == NULL || end == text || *end != '\0' || seconds < 1 || seconds > 1000000)
		return answer_text(connection, MHD_HTTP_BAD_REQUEST, "seconds: 1 to 1000000");
	catch_up(served);
	pod_advance(&served->pod, (double)seconds);
	return answer_written(connection, &served->pod, "application/json", pod_write_load);
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *path, const char *method,
			      const char *version, const char *body, size_t *body_size, void **request)
{
	static char begun;

	(void)version;
	(void)body;
	if (*request == NULL) {
		*request = &begun; /* an answer in the first call would close the connection */
		return MHD_YES;
	}
	if (*body_size > 0) {
		*body_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_POST) != 0)
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or POST");
	if (strcmp(path, "/metrics") == 0)
		return serve_metrics(data, connection);
	if (strcmp(path, "/load") == 0)
		return serve_load(data, connection);
	if (strcmp(path, "/advance") == 0)
		return serve_advance(data, connection);
	return answer_text(connection, MHD_HTTP_NOT_FOUND,
			   "/metrics, /load, /load?waiting=11&running=3, /advance?seconds=60");
}

static bool start(struct served *served, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	const union MHD_DaemonInfo *info;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	served->at = now();
	served->daemon =
		MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME, port, NULL, NULL, handle,
				 served, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_END);
	if (served->daemon == NULL)
		return false;
	info = MHD_get_daemon_info(served->daemon, MHD_DAEMON_INFO_BIND_PORT);
	printf("%s http://127.0.0.1:%u/\n", served->pod.name, (unsigned)info->port);
	return true;
}

/* NAME=ENGINE:PORT; the text is cut into its parts. */
static bool add_pod(struct served *served, char *text)
{
	char *engine_name = strchr(text, '='), *port_text = strrchr(text, ':'), *end;
	const struct engine *engine;
	unsigned long port;

	if (engine_name == NULL || engine_name == text || port_text == NULL || port_text < engine_name ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") != (size_t)(engine_name - text)) {
		fprintf(stderr, "engine_emulator: --pod %s: want NAME=ENGINE:PORT, the name as Kubernetes has them\n",
			text);
		return false;
	}
	*engine_name++ = '\0';
	*port_text++ = '\0';
	port = strtoul(port_text, &end, 10);
	engine = engine_find(engine_name);
	if (engine == NULL || *port_text < '0' || *port_text > '9' || *end != '\0' || port > 65535) {
		fprintf(stderr, "engine_emulator: --pod %s: engine '%s' (%s), port '%s'\n", text, engine_name,
			engine_names(), port_text);
		return false;
	}
	if (!pod_init(&served->pod, text, engine) || !start(served, (uint16_t)port)) {
		fprintf(stderr, "engine_emulator: cannot listen on 127.0.0.1:%lu: %s\n", port, strerror(errno));
		return false;
	}
	return true;
}

static int next_timeout(const struct served *pods, size_t count)
{
	int timeout = -1;

	for (size_t i = 0; i < count; i++) {
		MHD_UNSIGNED_LONG_LONG wanted;

		if (MHD_get_timeout(pods[i].daemon, &wanted) == MHD_YES && (timeout < 0 || wanted < (unsigned)timeout))
			timeout = wanted < 60000 ? (int)wanted : 60000;
	}
	return timeout;
}

/* Until SIGTERM or SIGINT. */
static bool serve(struct served *pods, size_t count, int signals)
{
	struct pollfd fds[PODS_MAX + 1];

	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){.fd = MHD_get_daemon_info(pods[i].daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
					 .events = POLLIN};
	fds[count] = (struct pollfd){.fd = signals, .events = POLLIN};
	for (;;) {
		if (poll(fds, count + 1, next_timeout(pods, count)) < 0 && errno != EINTR)
			return false;
		if (fds[count].revents != 0)
			return true;
		for (size_t i = 0; i < count; i++)
			MHD_run(pods[i].daemon);
	}
}

static void stop(struct served *pods, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (pods[i].daemon != NULL) {
			release_hung(&pods[i]);
			MHD_stop_daemon(pods[i].daemon);
		}
		if (pods[i].pod.engine != NULL)
			pod_clear(&pods[i].pod);
	}
	free(pods);
}

static bool add_pods(struct served *pods, int argc, char **argv, size_t *ret_count)
{
	for (int i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "--pod") != 0 || i + 1 == argc || *ret_count == PODS_MAX) {
			fprintf(stderr, "engine_emulator: '%s' is not understood, or there are over %d pods\n", argv[i],
				PODS_MAX);
			return false;
		}
		if (!add_pod(&pods[(*ret_count)++], argv[i + 1]))
			return false;
	}
	if (*ret_count == 0)
		fprintf(stderr, "usage: engine_emulator --pod NAME=ENGINE:PORT ...\nengines: %s; port 0: any\n",
			engine_names());
	return *ret_count > 0;
}

static bool run(struct served *pods, int argc, char **argv, size_t *ret_count)
{
	sigset_t mask;
	int signals;
	bool good;

	if (!add_pods(pods, argc, argv, ret_count))
		return false;
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals = signalfd(-1, &mask, SFD_CLOEXEC);
	good = signals >= 0 && fflush(stdout) == 0 && serve(pods, *ret_count, signals);
	close(signals);
	return good;
}

int main(int argc, char **argv)
{
	struct served *pods = calloc(PODS_MAX, sizeof(*pods));
	size_t count = 0;
	bool good = pods != NULL && run(pods, argc, argv, &count);

	stop(pods, count);
	return good ? 0 : 1;
}
