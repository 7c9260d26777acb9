/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_order.c - ask the kernel what a program of ours would inherit. */
#include "launcher/exec_order.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>
#include <linux/kcmp.h>

#include "vmm/log.h"

static bool name_equal(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return len == strcspn(b, "=") && memcmp(a, b, len) == 0;
}

static bool name_matches(const char *word, const char *pattern)
{
	char name[256];
	size_t len = strcspn(word, "=");

	if (len >= sizeof(name))
		return false;
	memcpy(name, word, len);
	name[len] = 0;
	return fnmatch(pattern, name, 0) == 0;
}

static void env_set(char **at, uint32_t *nr, char *word)
{
	for (uint32_t i = 0; i < *nr; i++)
		if (name_equal(at[i], word)) {
			at[i] = word;
			return;
		}
	at[(*nr)++] = word;
}

static void env_drop(char **at, uint32_t *nr, const char *pattern)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < *nr; i++)
		if (!name_matches(at[i], pattern))
			at[kept++] = at[i];
	*nr = kept;
}

int exec_env_make(char ***list, uint32_t *nr, char *const *from, const struct config_strings *rules)
{
	uint32_t count = 0;
	char **at;

	while (from[count])
		count++;
	at = calloc((size_t)count + rules->nr + 2, sizeof(*at));
	if (!at)
		return -ENOMEM;
	*nr = 0;
	for (uint32_t i = 0; i < count; i++)
		at[(*nr)++] = from[i];
	/* Descriptors of the process manager's own, which the guest doesn't have. */
	env_drop(at, nr, "HYDI_CONTROL_FD");
	for (uint32_t i = 0; i < rules->nr; i++) {
		if (rules->at[i][0] == '-')
			env_drop(at, nr, rules->at[i] + 1);
		else
			env_set(at, nr, rules->at[i]);
	}
	at[*nr] = NULL;
	*list = at;
	return 0;
}

static bool is_null(const struct stat *s)
{
	return S_ISCHR(s->st_mode) && s->st_rdev == makedev(1, 3);
}

static bool same_description(int a, int b)
{
	pid_t me = getpid();

	return syscall(SYS_kcmp, me, me, KCMP_FILE, a, b) == 0;
}

static void streams_describe(struct order *o)
{
	bool tty = isatty(STDIN_FILENO);
	struct stat s, in;
	struct winsize size;

	if (fstat(STDIN_FILENO, &in) < 0)
		in = (struct stat){ 0 };
	for (int i = 0; i < 3; i++) {
		if (fstat(i, &s) < 0 || is_null(&s))
			o->stream[i] = ORDER_NULL;
		else if (tty && isatty(i) && s.st_rdev == in.st_rdev)
			o->stream[i] = ORDER_TTY;
		else
			o->stream[i] = ORDER_PIPE;
	}
	if (o->stream[1] == ORDER_PIPE && o->stream[2] == ORDER_PIPE && same_description(1, 2))
		o->stream[2] = ORDER_LIKE_OUT;
	if (tty && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		o->window = (struct order_window){ size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel };
}

static void pmi_describe(struct exec_order *e)
{
	const char *fd = getenv("PMI_FD"), *port = getenv("PMI_PORT");
	char *end;
	long number = fd ? strtol(fd, &end, 10) : -1;

	if (fd && end != fd && !*end && number > 2 && number < 1 << 20 && fcntl((int)number, F_GETFD) >= 0) {
		e->order.pmi = ORDER_PMI_FD;
		e->order.pmi_fd = (uint32_t)number;
	} else if (port && strchr(port, ':')) {
		e->order.pmi = ORDER_PMI_PORT;
		e->pmi_port = port;
	}
}

static int groups_describe(struct order *o)
{
	int nr = getgroups(0, NULL);
	gid_t *at = nr < 0 ? NULL : calloc((size_t)nr + 1, sizeof(*at));

	static_assert(sizeof(gid_t) == sizeof(uint32_t), "they are handed over as they are");
	if (!at)
		return -ENOMEM;
	nr = getgroups(nr, at);
	o->groups = at;
	o->nr_groups = nr < 0 ? 0 : (uint32_t)nr;
	return 0;
}

static void limits_describe(struct order *o)
{
	for (uint32_t i = 0; i < ORDER_LIMITS; i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)i, &l) < 0)
			continue;
		o->limits |= (uint16_t)(1u << i);
		o->limit[i] = (struct order_limit){ l.rlim_cur, l.rlim_max };
	}
}

/* By whoever started us: execve() leaves no flags, and our own signal() sets one. */
static uint64_t signals_ignored(void)
{
	uint64_t ignored = 0;

	for (int s = 1; s <= 64; s++) {
		struct sigaction now;

		if (sigaction(s, NULL, &now) == 0 && now.sa_handler == SIG_IGN && !(now.sa_flags & SA_RESTART))
			ignored |= 1ull << (s - 1);
	}
	return ignored;
}

int exec_order_make(struct exec_order *e, char **args, const struct config_strings *env)
{
	struct order *o = &e->order;
	mode_t mask = umask(0);
	int err;

	umask(mask);
	*e = (struct exec_order){ .order = { .args = args, .umask = mask, .uid = geteuid(), .gid = getegid() } };
	while (args[o->nr_args])
		o->nr_args++;
	o->ignored = signals_ignored();
	limits_describe(o);
	streams_describe(o);
	pmi_describe(e);
	o->cwd = getcwd(NULL, 0);
	if (!o->cwd)
		return log_errno(-errno, "the working directory has gone: %m");
	err = groups_describe(o);
	if (!err)
		err = exec_env_make(&o->env, &o->nr_env, environ, env);
	if (!err)
		return 0;
	exec_order_fini(e);
	return log_errno(err, "cannot describe the program: %m");
}

static const char *env_find(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

void exec_order_program_find(struct exec_order *e)
{
	const char *dir = env_find(e->order.env, "PATH"), *program = e->order.args[0];
	char path[PATH_MAX];
	struct stat st;

	if (!dir || !*program || strchr(program, '/'))
		return;
	for (size_t len; *dir == '/'; dir += len + (dir[len] == ':')) {
		int n;

		len = strcspn(dir, ":");
		n = snprintf(path, sizeof(path), "%.*s/%s", (int)len, dir, program);
		if (n < (int)sizeof(path) && stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0) {
			e->order.program = strdup(path);
			return;
		}
	}
}

void exec_order_fini(struct exec_order *e)
{
	free(e->order.program);
	free(e->order.cwd);
	free(e->order.groups);
	free(e->order.env);
	free(e->order.cpus);
	*e = (struct exec_order){ 0 };
}
