/* SPDX-License-Identifier: Apache-2.0 */
/* A server of http.h that answers each request with its own reading of it. Prints its port; ends with stdin. */
#include "reading.h"

#include "net/loop.h"
#include "server/certificate.h"
#include "server/http.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

static bool header_write(void *context, struct str name, struct str value)
{
	reading_line(context, name, value);
	return true;
}

static void handle(void *context, struct http_exchange *exchange)
{
	struct buf body = {0};

	(void)context;
	buf_printf(&body, "%.*s %.*s\n", STR_ARG(http_method(exchange)), STR_ARG(http_target(exchange)));
	http_each_header(exchange, header_write, &body);
	http_respond(exchange, &(struct http_reply){.status = 200, .content_type = "text/plain", .body = &body});
}

static void input_ended(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	loop_stop(context);
}

int main(void)
{
	struct err err = {0};
	struct loop *loop = loop_new(&err);
	struct certificate *certificate = loop ? certificate_make(NULL, "127.0.0.1", &err) : NULL;
	const struct http_server_options options = {.bind_address = "127.0.0.1",
						    .max_connections = 100,
						    .idle_timeout_ms = 60000,
						    .request_timeout_ms = 30000,
						    .handshake_timeout_ms = 5000,
						    .unread_timeout_ms = 10000};
	struct http_server *server =
		certificate ? http_server_new(loop, &options, certificate, handle, NULL, &err) : NULL;

	if (server == NULL || !loop_watch(loop, STDIN_FILENO, EPOLLIN | EPOLLHUP, input_ended, loop, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	printf("%u\n", (unsigned)http_server_port(server));
	fflush(stdout);
	loop_run(loop);
	loop_unwatch(loop, STDIN_FILENO);
	http_server_free(server);
	certificate_free(certificate);
	loop_free(loop);
	return 0;
}
