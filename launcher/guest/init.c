/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init.c - a guest's first process: modules, the root, shares, and on to who works there.
 *
 *   initramfs: /init /thole/config /modules/NNN-name.ko [/thole/agent]
 *   -> modules, in order -> root -> shares -> switch -> agent | the root's own init | a program, then off
 */
#include "launcher/guest/guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *fmt, va_list args)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "thole-init: ");

	n += vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

void tell(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

/* The end of process 1 is a panic, and that a reset: thole tells it from a good end. */
void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	sync();
	usleep(100 * 1000); /* the console has to get there */
	_exit(1);
}

void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	die("cannot power off: %s", strerror(errno));
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* A device that this machine has not got, or a module that is there already, is no failure. */
static void module_load(const char *name)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "/modules/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST && errno != ENODEV))
		tell("module %s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	unlink(path); /* its memory is the guest's again */
}

static void modules_load(void)
{
	struct dirent **names;
	int n = scandir("/modules", &names, visible, alphasort);

	for (int i = 0; i < n; i++)
		module_load(names[i]->d_name);
}

static void loopback_up(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)ioctl(fd, SIOCSIFFLAGS, &r);
	if (fd >= 0)
		close(fd);
}

static void environment(void)
{
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 1);
}

static void agent_run(struct config *c)
{
	static char name[] = "thole-agent";
	char *argv[ARGS_MAX + 2] = { name };

	for (unsigned i = 0; i < c->nr_args; i++)
		argv[i + 1] = c->arg[i];
	execv(RUN_AGENT, argv);
	die("cannot run the agent: %s", strerror(errno));
}

static void program_run(const struct config *c)
{
	const char *program = c->init;
	static char *const argv[] = { (char *)"/sbin/init", NULL };
	int code;

	if (!program && !c->shell && access(argv[0], X_OK) == 0) {
		execv(argv[0], argv);
		die("cannot run %s: %s", argv[0], strerror(errno));
	}
	if (!program)
		program = access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
	code = run_child(program);
	if (code)
		tell("%s ended with code %d", program, code);
	power_off();
}

int main(void)
{
	static struct config c;
	bool has_agent;

	if (getpid() != 1) {
		fprintf(stderr, "This is the first process of a guest of thole's, and nothing else.\n");
		return 1;
	}
	mount_first();
	config_read(&c);
	modules_load();
	mount_root(&c);
	mount_rest(&c);
	has_agent = access(NEW_ROOT RUN_AGENT, X_OK) == 0;
	root_switch();
	if (c.hostname && sethostname(c.hostname, strlen(c.hostname)) < 0)
		tell("cannot set the host name: %s", strerror(errno));
	loopback_up();
	environment();
	if (has_agent)
		agent_run(&c);
	program_run(&c);
}
