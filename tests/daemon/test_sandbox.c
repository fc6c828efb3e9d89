/* SPDX-License-Identifier: Apache-2.0 */
/* Each act is tried by a child of its own, in the sandbox: the forbidden ones fail, the needed ones do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/daemon/sandbox.h"

#include "base/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LANDLOCK_VERSION_FLAG = 1, LANDLOCK_NET = 4 };

#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static char folder[] = "/tmp/gaugelet-sandbox-XXXXXX";
static char named[64], other[64];
static int listener;
static uint16_t open_port, closed_port;

/* ---- acts: 0 when they succeed, else errno's reason */

static int result(long got)
{
	return got < 0 ? errno : 0;
}

static int reads(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int reason = result(fd);

	if (fd >= 0)
		close(fd);
	return reason;
}

static int read_named(void)
{
	return reads(named);
}

static int read_replaced(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/..data", folder); /* as a ConfigMap has it */
	return reads(path);
}

static int read_other(void)
{
	return reads(other);
}

static int read_passwords(void)
{
	return reads("/etc/passwd");
}

static int read_hosts(void)
{
	return reads("/etc/hosts");
}

static int read_self(void)
{
	return reads("/proc/self/statm");
}

static int read_process(void)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)getppid());
	return reads(path);
}

static int write_named(void)
{
	return result(open(named, O_WRONLY | O_CLOEXEC));
}

static int make_file(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/new", folder);
	return result(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int remove_file(void)
{
	return result(syscall(SYS_unlinkat, AT_FDCWD, named, 0));
}

static int run_program(void)
{
	char name[] = "true";
	char *const arguments[] = {name, NULL};

	return result(execve("/bin/true", arguments, NULL));
}

static int make_process(void)
{
	return result(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static void *nothing(void *context)
{
	return context;
}

static int make_thread(void)
{
	pthread_t thread;
	int reason = pthread_create(&thread, NULL, nothing, NULL);

	return reason ? reason : pthread_join(thread, NULL);
}

static int look_up(void)
{
	struct addrinfo *found = NULL;
	int code = getaddrinfo("localhost", "443", NULL, &found);

	if (code == 0)
		freeaddrinfo(found);
	return code ? EIO : 0;
}

static int trace(void)
{
	return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int signal_parent(void)
{
	return result(kill(getppid(), SIGCONT));
}

static int execute_memory(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? errno : 0;
}

static int make_executable(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? EIO : result(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static int use_memory(void)
{
	char *memory = malloc(10 << 20);

	if (!memory)
		return ENOMEM;
	memset(memory, 1, 10 << 20);
	free(memory);
	return 0;
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? errno : result(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

static int connect_known(void)
{
	return connect_to(open_port);
}

static int connect_other(void)
{
	return connect_to(closed_port);
}

static int listen_elsewhere(void)
{
	struct sockaddr_in address = loopback(0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? errno : result(bind(fd, (struct sockaddr *)&address, sizeof(address)));
}

static int packet_socket(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static int watch_folder(void)
{
	int fd = inotify_init1(IN_CLOEXEC);

	return fd < 0 ? errno : result(inotify_add_watch(fd, folder, IN_CREATE));
}

static int wait_for_events(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;

	return fd < 0 ? errno : result(epoll_wait(fd, &event, 1, 0));
}

static int change_root(void)
{
	return result(chroot("/"));
}

static int change_user(void)
{
	return result(syscall(SYS_setuid, 0));
}

static int new_namespace(void)
{
	return result(syscall(SYS_unshare, 0));
}

static int mount_something(void)
{
	return result(syscall(SYS_mount, "none", folder, "tmpfs", 0, NULL));
}

static int load_program_into_kernel(void)
{
	return result(syscall(SYS_bpf, 0, NULL, 0));
}

static int use_io_uring(void)
{
	return result(syscall(SYS_io_uring_setup, 1, NULL));
}

static int use_keys(void)
{
	return result(syscall(SYS_keyctl, 0, 0));
}

static int is_dumpable(void)
{
	struct rlimit core = {.rlim_cur = 1};

	return syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &core) == 0 && core.rlim_cur == 0 ? EPERM : 0;
}

/* ---- */

enum needs { ANY_KERNEL, NEEDS_FILES, NEEDS_PORTS, NOT_SANITIZED };

static struct act {
	const char *name;
	int (*act)(void);
	bool allowed;
	enum needs needs;
} acts[] = {
	{"read a named file", read_named, true, ANY_KERNEL},
	{"read what takes its place", read_replaced, true, ANY_KERNEL},
	{"read the name service's files", read_hosts, true, ANY_KERNEL},
	{"read about itself", read_self, true, ANY_KERNEL},
	{"look up a name", look_up, true, ANY_KERNEL},
	{"start a thread", make_thread, true, ANY_KERNEL},
	{"use memory", use_memory, true, ANY_KERNEL},
	{"connect to a known port", connect_known, true, ANY_KERNEL},
	{"watch a folder", watch_folder, true, ANY_KERNEL},
	{"wait for events", wait_for_events, true, ANY_KERNEL},
	{"read another file", read_other, false, NEEDS_FILES},
	{"read the users of the system", read_passwords, false, NEEDS_FILES},
	{"read about another process", read_process, false, NEEDS_FILES},
	{"write a named file", write_named, false, NEEDS_FILES},
	{"make a file", make_file, false, NEEDS_FILES},
	{"remove a file", remove_file, false, ANY_KERNEL},
	{"start a program", run_program, false, ANY_KERNEL},
	{"make a process", make_process, false, NOT_SANITIZED},
	{"trace another process", trace, false, NOT_SANITIZED},
	{"signal another process", signal_parent, false, NOT_SANITIZED},
	{"memory to execute", execute_memory, false, NOT_SANITIZED},
	{"make memory executable", make_executable, false, NOT_SANITIZED},
	{"connect to another port", connect_other, false, NEEDS_PORTS},
	{"listen on another port", listen_elsewhere, false, NEEDS_PORTS},
	{"a packet socket", packet_socket, false, ANY_KERNEL},
	{"another root", change_root, false, ANY_KERNEL},
	{"another user", change_user, false, ANY_KERNEL},
	{"another namespace", new_namespace, false, ANY_KERNEL},
	{"mount", mount_something, false, ANY_KERNEL},
	{"bpf", load_program_into_kernel, false, ANY_KERNEL},
	{"io_uring", use_io_uring, false, ANY_KERNEL},
	{"keys", use_keys, false, ANY_KERNEL},
	{"dump its memory", is_dumpable, false, ANY_KERNEL},
};

static long landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION_FLAG);
}

/* What the act gives in a child, with or without the sandbox; -1 when the child does not end by itself. */
static int tried(const struct act *act, enum sandbox_mode mode)
{
	const char *const files[] = {named, NULL};
	const struct sandbox sandbox = {.files = files, .ports = &open_port, .port_count = 1};
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		sandbox_enter(mode, &sandbox);
		_exit(act->act());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_act(void **state)
{
	const struct act *act = *state;
	long version = landlock_version();
	int in;

	if ((act->needs == NEEDS_FILES && version < 1) || (act->needs == NEEDS_PORTS && version < LANDLOCK_NET) ||
	    (act->needs == NOT_SANITIZED && SANITIZED))
		skip();
	in = tried(act, SANDBOX_ON);
	if (act->allowed)
		assert_int_equal(in, 0);
	else
		assert_true(in == EPERM || in == EACCES || in == ENOSYS);
}

/* What only the sandbox forbids is allowed without it, or the test above says nothing. */
static void test_off(void **state)
{
	static const struct act harmless[] = {
		{"read another file", read_other, true, ANY_KERNEL},
		{"read the users", read_passwords, true, ANY_KERNEL},
		{"write", write_named, true, ANY_KERNEL},
		{"program", run_program, true, ANY_KERNEL},
		{"memory", execute_memory, true, ANY_KERNEL},
		{"listen", listen_elsewhere, true, ANY_KERNEL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(harmless); i++) {
		assert_int_equal(tried(&harmless[i], SANDBOX_OFF), 0);
		assert_int_equal(tried(&harmless[i], SANDBOX_WARN), 0);
	}
}

static int file_make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd;
}

static uint16_t port_take(int *ret_fd)
{
	struct sockaddr_in address = loopback(0);
	socklen_t bytes = sizeof(address);

	*ret_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*ret_fd, (struct sockaddr *)&address, bytes), 0);
	assert_int_equal(listen(*ret_fd, 100), 0);
	assert_int_equal(getsockname(*ret_fd, (struct sockaddr *)&address, &bytes), 0);
	return ntohs(address.sin_port);
}

static int second;

static int group_begin(void **state)
{
	char data[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(named, sizeof(named), "%s/rules.yaml", folder);
	snprintf(data, sizeof(data), "%s/..data", folder);
	snprintf(other, sizeof(other), "%s-other", folder);
	assert_true(file_make(named) >= 0 && file_make(data) >= 0 && file_make(other) >= 0);
	open_port = port_take(&listener);
	closed_port = port_take(&second);
	return 0;
}

static int group_end(void **state)
{
	char data[64];

	(void)state;
	snprintf(data, sizeof(data), "%s/..data", folder);
	unlink(data);
	unlink(named);
	unlink(other);
	rmdir(folder);
	close(listener);
	close(second);
	return 0;
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(acts) + 1];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(acts); i++)
		tests[count++] =
			(struct CMUnitTest){.name = acts[i].name, .test_func = test_act, .initial_state = &acts[i]};
	tests[count++] = (struct CMUnitTest){.name = "without the sandbox", .test_func = test_off};
	return cmocka_run_group_tests_name("sandbox", tests, group_begin, group_end);
}
