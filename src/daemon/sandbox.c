/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include "base/buf.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 }; /* looks for leaks at the end, from outside and with ptrace */
#else
enum { SANITIZED = 0 };
#endif

/* ---- Landlock

   What newer kernels have is not in the headers of Debian 12. */
enum {
	ABI_REFER = 2,
	ABI_TRUNCATE = 3,
	ABI_NET = 4,
	ABI_IOCTL = 5,
	ABI_SCOPE = 6,
	NET_BIND = 1 << 0,
	NET_CONNECT = 1 << 1,
	SCOPES = 3, /* abstract sockets and signals */
	RULE_NET_PORT = 2,
};

#define FS_BASE	    ((UINT64_C(1) << 13) - 1) /* version 1 */
#define FS_REFER    (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL    (UINT64_C(1) << 15)

struct ruleset {
	uint64_t fs, net, scoped;
};

struct port_rule {
	uint64_t allowed, port;
};

static long landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* An older kernel takes a shorter struct. */
static int ruleset_new(long version, bool connects)
{
	const struct ruleset ruleset = {
		.fs = FS_BASE | (version >= ABI_REFER ? FS_REFER : 0) | (version >= ABI_TRUNCATE ? FS_TRUNCATE : 0) |
		      (version >= ABI_IOCTL ? FS_IOCTL : 0),
		.net = version < ABI_NET ? 0 : NET_BIND | (connects ? 0 : NET_CONNECT),
		.scoped = version < ABI_SCOPE ? 0 : SCOPES,
	};
	size_t bytes = version >= ABI_SCOPE ? sizeof(ruleset)
		       : version >= ABI_NET ? offsetof(struct ruleset, scoped)
					    : offsetof(struct ruleset, net);

	return (int)syscall(SYS_landlock_create_ruleset, &ruleset, bytes, 0);
}

/* What is not there cannot be read either. */
static void path_allow(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};
	struct stat status;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return;
	if (fstat(rule.parent_fd, &status) == 0 && S_ISDIR(status.st_mode))
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

/* A file is replaced by another in its folder, or by a turn of a link that leads there. */
static void folder_allow(int ruleset, const char *file)
{
	CLEANUP(buf_clear) struct buf folder = {0};
	struct stat status;

	buf_puts(&folder, file);
	do {
		const char *slash = folder.len ? strrchr(buf_cstr(&folder), '/') : NULL;

		folder.len = slash ? (size_t)(slash - folder.ptr) : 0;
	} while (folder.len && stat(buf_cstr(&folder), &status) != 0);
	if (folder.len)
		path_allow(ruleset, buf_cstr(&folder));
	else
		path_allow(ruleset, file[0] == '/' ? file : ".");
}

static void file_allow(int ruleset, const char *file)
{
	char *real = realpath(file, NULL);

	folder_allow(ruleset, file);
	if (real)
		folder_allow(ruleset, real);
	free(real);
}

/* Of the C library's name service, of the TLS libraries, and of /metrics. */
static const char *const system_files[] = {
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
	"/etc/gai.conf",
	"/etc/host.conf",
	"/etc/services",
	"/etc/localtime",
	"/etc/ssl",
	"/etc/pki",
	"/etc/ca-certificates",
	"/etc/gnutls",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/usr/lib/ssl",
	"/usr/share/zoneinfo",
	"/usr/lib",
	"/lib",
	"/lib64",
	"/proc/self",
	"/sys/devices/system/cpu",
	"/dev/null",
	"/dev/urandom",
	"/run/systemd/resolve",
	"/run/nscd",
};

static void port_allow(int ruleset, uint16_t port)
{
	const struct port_rule rule = {.allowed = NET_CONNECT, .port = port};

	syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0);
}

/* 0: not; else errno's reason. */
static int landlock_enter(const struct sandbox *sandbox)
{
	long version = landlock_version();
	int ruleset = version > 0 ? ruleset_new(version, sandbox->ports == NULL) : -1;
	int reason = 0;

	if (ruleset < 0)
		return errno;
	for (size_t i = 0; i < COUNT_OF(system_files); i++)
		path_allow(ruleset, system_files[i]);
	for (const char *const *at = sandbox->files; *at; at++)
		file_allow(ruleset, *at);
	for (size_t i = 0; version >= ABI_NET && i < sandbox->port_count; i++)
		port_allow(ruleset, sandbox->ports[i]);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		reason = errno;
	close(ruleset);
	return reason;
}

/* ---- seccomp */

/* What the program, its libraries and their threads use while they serve. */
static const int calls[] = {
	SCMP_SYS(accept4),
	SCMP_SYS(access),
	SCMP_SYS(bind),
	SCMP_SYS(brk),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(close),
	SCMP_SYS(connect),
	SCMP_SYS(dup),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(eventfd2),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(futex),
	SCMP_SYS(getcwd),
	SCMP_SYS(getdents64),
	SCMP_SYS(getegid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getpeername),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getrandom),
	SCMP_SYS(getrusage),
	SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getuid),
	SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_init1),
	SCMP_SYS(inotify_rm_watch),
	SCMP_SYS(ioctl),
	SCMP_SYS(lseek),
	SCMP_SYS(lstat),
	SCMP_SYS(madvise),
	SCMP_SYS(membarrier),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(nanosleep),
	SCMP_SYS(newfstatat),
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(pipe2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(pread64),
	SCMP_SYS(prlimit64),
	SCMP_SYS(read),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(readv),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(signalfd4),
	SCMP_SYS(socketpair),
	SCMP_SYS(stat),
	SCMP_SYS(statx),
	SCMP_SYS(sysinfo),
	SCMP_SYS(tgkill),
	SCMP_SYS(time),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(uname),
	SCMP_SYS(write),
	SCMP_SYS(writev),
};

/* Of the sanitizers: to print, to find leaks, to end. */
static const int sanitizers_calls[] = {
	SCMP_SYS(clone),       SCMP_SYS(mmap),	  SCMP_SYS(mprotect),
	SCMP_SYS(personality), SCMP_SYS(prctl),	  SCMP_SYS(process_vm_readv),
	SCMP_SYS(ptrace),      SCMP_SYS(wait4),	  SCMP_SYS(dup2),
	SCMP_SYS(getdents),    SCMP_SYS(getpgid), SCMP_SYS(kill),
};

static bool calls_allow(scmp_filter_ctx filter, const int *list, size_t count)
{
	bool good = true;

	for (size_t i = 0; i < count; i++) /* one that this processor does not have is no error */
		good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, list[i], 0) >= 0 && good;
	return good;
}

static bool sockets_allow(scmp_filter_ctx filter)
{
	static const unsigned families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
	bool good = true;

	for (size_t i = 0; i < COUNT_OF(families); i++)
		good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
					SCMP_A0(SCMP_CMP_EQ, families[i], 0)) >= 0 &&
		       good;
	return good;
}

/* Threads, for curl's lookups of names; no processes. clone3 hides its flags from a filter: the C library then takes clone. */
static bool threads_allow(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) >= 0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) >= 0;
}

/* Memory is never made executable, and nobody's name or rights change. */
static bool memory_allow(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) >=
		       0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) >= 0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0)) >=
		       0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_VMA, 0)) >= 0;
}

static bool filter_fill(scmp_filter_ctx filter)
{
	bool good = calls_allow(filter, calls, COUNT_OF(calls)) && sockets_allow(filter);

	if (SANITIZED)
		return good && calls_allow(filter, sanitizers_calls, COUNT_OF(sanitizers_calls)) &&
		       seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) >= 0;
	return good && threads_allow(filter) && memory_allow(filter);
}

/* 0, or errno's reason. */
static int seccomp_enter(enum sandbox_mode mode)
{
	scmp_filter_ctx filter = seccomp_init(mode == SANDBOX_WARN ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(EPERM));
	int reason = ENOMEM;

	if (filter && filter_fill(filter)) {
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, not a list */
		reason = -seccomp_load(filter);
	}
	seccomp_release(filter);
	return reason;
}

/* ---- the whole */

/* The name service's libraries are loaded with the first lookup, which executes what it maps. */
static void name_service_load(void)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;

	if (getaddrinfo("localhost", NULL, &hints, &found) == 0)
		freeaddrinfo(found);
}

/* Secrets are in our memory. */
static void dumps_forbid(void)
{
	const struct rlimit none = {0};

	setrlimit(RLIMIT_CORE, &none);
	if (!SANITIZED)
		prctl(PR_SET_DUMPABLE, 0);
}

void sandbox_enter(enum sandbox_mode mode, const struct sandbox *sandbox)
{
	int files, filter;

	if (mode == SANDBOX_OFF)
		return;
	name_service_load();
	dumps_forbid();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	files = mode == SANDBOX_ON ? landlock_enter(sandbox) : 0;
	filter = seccomp_enter(mode);
	if (files)
		log_info("sandbox: files are not restricted, the kernel has no Landlock or it is off: %s",
			 strerror(files));
	if (filter)
		log_info("sandbox: system calls are not restricted, the kernel takes no filter: %s", strerror(filter));
	if (!files && !filter)
		log_v(1, "sandbox: %s",
		      mode == SANDBOX_ON ? "on" : "system calls that would be forbidden are logged by the kernel");
}
