/* SPDX-License-Identifier: Apache-2.0 */
#include "http_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the kernel may keep of a connection, which the accepted ones inherit: else one that does not read holds megabytes. */
enum { SEND_BYTES = 128 * 1024, RECEIVE_BYTES = 64 * 1024 };

static bool option_set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* -1 with errno. */
static int listen_at(const struct addrinfo *at, bool dual_stack)
{
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int reason;

	if (fd < 0)
		return -1;
	if (option_set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && option_set(fd, SOL_SOCKET, SO_SNDBUF, SEND_BYTES) &&
	    option_set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BYTES) &&
	    (at->ai_family != AF_INET6 || option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual_stack)) &&
	    bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	reason = errno;
	close(fd);
	errno = reason;
	return -1;
}

/* `shown`: the address as it was given. */
static int listen_on(const char *address, const char *shown, uint16_t port, bool dual_stack, struct err *err)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *found = NULL;
	char service[8];
	bool bracketed = strchr(shown, ':') != NULL;
	int fd;

	snprintf(service, sizeof(service), "%u", (unsigned)port);
	if (getaddrinfo(address, service, &hints, &found) != 0) {
		err_set(err, ERR_INVALID, "cannot listen on '%s': it is not an IP address", shown);
		return -1;
	}
	fd = listen_at(found, dual_stack);
	if (fd < 0)
		err_set(err, ERR_IO, "cannot listen on %s%s%s:%u: %s", bracketed ? "[" : "", shown,
			bracketed ? "]" : "", (unsigned)port, strerror(errno));
	freeaddrinfo(found);
	return fd;
}

static bool kernel_has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage name;
	socklen_t bytes = sizeof(name);
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (getsockname(fd, (struct sockaddr *)&name, &bytes) != 0)
		return 0;
	memcpy(&in, &name, sizeof(in));
	memcpy(&in6, &name, sizeof(in6));
	return ntohs(name.ss_family == AF_INET6 ? in6.sin6_port : in.sin_port);
}

int http_listen(const char *address, uint16_t port, uint16_t *ret_port, struct err *err)
{
	bool any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
	bool dual_stack = any && kernel_has_ipv6();
	int fd = listen_on(dual_stack ? "::" : any ? "0.0.0.0" : address, address, port, dual_stack, err);

	if (fd >= 0)
		*ret_port = port_of(fd);
	return fd;
}
