/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest-init.c - process 1 of a test guest: says what machine it finds itself
 * in, then does what the kernel command line orders.
 *
 *	gcc -static -Os -o guest-init guest-init.c
 *	make-initrd --kernel 6.12-cloud --module button --module evdev initrd guest-init
 *
 * Orders come as thole.test=ORDER[,ORDER...] or as words after "--":
 *
 *	dmesg			the kernel's log, between dmesg-begin and dmesg-end
 *	pci			a line for each PCI function
 *	cat=PATH		a file, between cat-begin and cat-end
 *	exec=PATH:ARG:...	run a program of the initramfs, and wait for it
 *	spin=SECONDS		keep all CPUs busy
 *	sleep=SECONDS		keep none busy
 *	port-echo=NAME:BYTES	send back what comes by a virtio console port
 *	port-say=NAME:WORD	write a word and a newline to a port
 *	run=PATH:WORD:...	run a program, and wait for its end
 *	wait-power-button	wait until it is pressed, then power off
 *	ignore-power-button	say when it is pressed, for ever
 *	cat-stdin		echo the console's lines until one is "quit", then power off
 *	poweroff, reboot, panic	end this way
 *
 * Without an order that ends the guest it powers off after the last one. Every
 * line starts with "GUEST: " (README.md has them); nothing else is printed, as
 * the kernel's messages are kept off the console from here on.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "guest-report.h"

#define ARRAY_SIZE(a)	 (sizeof(a) / sizeof((a)[0]))
#define KLOG_CONSOLE_OFF 6 /* syslog(2) */
#define KLOG_CONSOLE_ON	 7
#define MODULE_DIR	 "/modules"

/* A record of /dev/kmsg is "priority,number,microseconds,flags;text\n" and more. */
static void order_dmesg(const char *value)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192];
	unsigned long us;
	char *text;
	ssize_t n;

	(void)value;
	say("dmesg-begin");
	for (;;) {
		n = read(fd, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE) /* overwritten meanwhile */
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text || sscanf(record, "%*u,%*u,%lu", &us) != 1)
			continue;
		text++;
		text[strcspn(text, "\n")] = '\0';
		say("dmesg [%5lu.%06lu] %s", us / 1000000, us % 1000000, text);
	}
	if (fd >= 0)
		close(fd);
	say("dmesg-end");
}

static void order_pci(const char *value)
{
	const char *dir = "/sys/bus/pci/devices";
	char vendor[16], device[16], class[16], path[320], driver[256];
	struct dirent *entry;
	DIR *all = opendir(dir);
	ssize_t n;

	(void)value;
	while (all && (entry = readdir(all))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/driver", dir, entry->d_name);
		n = readlink(path, driver, sizeof(driver) - 1);
		driver[n > 0 ? n : 0] = '\0';
		say("pci %s %s:%s class=%s node=%s driver=%s", entry->d_name,
			file_line(vendor, sizeof(vendor), "%s/%s/vendor", dir, entry->d_name),
			file_line(device, sizeof(device), "%s/%s/device", dir, entry->d_name),
			file_line(class, sizeof(class), "%s/%s/class", dir, entry->d_name),
			file_line(path, 16, "%s/%s/numa_node", dir, entry->d_name),
			n > 0 ? strrchr(driver, '/') + 1 : "-");
	}
	if (all)
		closedir(all);
}

static void order_cat(const char *path)
{
	FILE *in = fopen(path, "re");
	char line[1900];

	say("cat-begin %s", path);
	while (in && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		say("cat %s", line);
	}
	if (in)
		fclose(in);
	say("cat-end %s", path);
}

/* The device of the console port with that name: udev would have made /dev/virtio-ports/NAME. */
static int port_open(const char *name)
{
	const char *dir = "/sys/class/virtio-ports";
	char path[320], found[128];
	struct dirent *entry;
	int fd = -1, tries;
	DIR *all;

	/* Names come a moment after the driver. */
	for (tries = 0; fd < 0 && tries < 100; tries++) {
		all = opendir(dir);
		while (fd < 0 && all && (entry = readdir(all))) {
			file_line(found, sizeof(found), "%s/%s/name", dir, entry->d_name);
			if (strcmp(found, name))
				continue;
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			fd = open(path, O_RDWR | O_CLOEXEC);
		}
		if (all)
			closedir(all);
		if (fd < 0)
			usleep(100000);
	}
	if (fd < 0)
		say("port %s missing", name);
	return fd;
}

static bool write_all(int fd, const char *buf, size_t size)
{
	ssize_t n;

	for (; size; buf += n, size -= (size_t)n) {
		n = write(fd, buf, size);
		if (n < 0)
			return false;
	}
	return true;
}

static void order_port_echo(const char *value)
{
	static char buf[32768];
	char name[64] = "";
	unsigned long want = 0, done = 0;
	ssize_t n;
	int fd;

	sscanf(value, "%63[^:]:%lu", name, &want);
	fd = port_open(name);
	if (fd < 0)
		return;
	say("port %s open", name);
	while (done < want) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0 && !write_all(fd, buf, (size_t)n))
			n = -1;
		if (n < 0) {
			say("port %s failed: %s", name, strerror(errno));
			break;
		}
		done += (unsigned long)n;
		if (!n)
			usleep(10000); /* nobody is connected */
	}
	close(fd);
	say("port %s echoed %lu bytes", name, done);
}

static void order_port_say(const char *value)
{
	char name[64] = "", word[256] = "";
	int fd;

	sscanf(value, "%63[^:]:%254s", name, word);
	fd = port_open(name);
	strcat(word, "\n");
	if (fd >= 0 && write_all(fd, word, strlen(word)))
		say("port %s written", name);
}

static void order_exec(const char *value)
{
	char text[256], *argv[12] = { NULL }, *rest = NULL;
	size_t n = 0;
	int status = 0;

	snprintf(text, sizeof(text), "%s", value);
	for (char *arg = strtok_r(text, ":", &rest); arg && n < ARRAY_SIZE(argv) - 1; arg = strtok_r(NULL, ":", &rest))
		argv[n++] = arg;
	if (n && fork() == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	while (wait(&status) > 0)
		;
	say("exec %s ended with %d", value, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void order_spin(const char *value)
{
	double end = now_s() + strtod(value, NULL);
	volatile unsigned long work = 0;
	cpu_set_t cpus, one;
	size_t cpu;

	sched_getaffinity(0, sizeof(cpus), &cpus);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &cpus) || fork() != 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		while (now_s() < end)
			while (++work % 1000000)
				;
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	say("spun %s s", value);
}

static void order_sleep(const char *value)
{
	usleep((useconds_t)(strtod(value, NULL) * 1e6));
	say("slept %s s", value);
}

static void order_run(const char *value)
{
	char words[512], *argv[16], *rest = NULL;
	int n = 0, status = -1;
	pid_t pid;

	snprintf(words, sizeof(words), "%s", value);
	for (char *w = strtok_r(words, ":", &rest); w && n < 15; w = strtok_r(NULL, ":", &rest))
		argv[n++] = w;
	argv[n] = NULL;
	pid = fork();
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	say("ran %s, status %d", value, status);
}

static void end(int how)
{
	klogctl(KLOG_CONSOLE_ON, NULL, 0);
	sync();
	reboot(how);
	say("end failed: %s", strerror(errno));
	for (;;)
		pause();
}

static void order_poweroff(const char *value)
{
	(void)value;
	end(RB_POWER_OFF);
}

static void order_reboot(const char *value)
{
	(void)value;
	end(RB_AUTOBOOT);
}

static void order_panic(const char *value)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	(void)value;
	klogctl(KLOG_CONSOLE_ON, NULL, 0);
	if (fd < 0 || write(fd, "c", 1) != 1)
		say("panic failed: %s", strerror(errno));
	_exit(1); /* process 1 ending is a panic, too */
}

/* Can this input device be the power button? */
static bool has_power_key(int fd)
{
	unsigned char keys[KEY_MAX / 8 + 1] = { 0 };

	return ioctl(fd, EVIOCGBIT(EV_KEY, sizeof(keys)), keys) >= 0 &&
	       keys[KEY_POWER / 8] & 1 << KEY_POWER % 8;
}

static size_t open_buttons(struct pollfd *fds, size_t max)
{
	char path[64];
	size_t count = 0;
	int i, fd;

	for (i = 0; i < 32 && count < max; i++) {
		snprintf(path, sizeof(path), "/dev/input/event%d", i);
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (has_power_key(fd))
			fds[count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		else
			close(fd);
	}
	return count;
}

/* Say each press of the button; return after the first one if `once`. */
static void watch_button(bool once)
{
	struct pollfd fds[8];
	struct input_event event;
	size_t count = open_buttons(fds, ARRAY_SIZE(fds)), i;

	if (!count) {
		say("power button missing");
		return;
	}
	say("power button awaited");
	for (;;) {
		poll(fds, count, -1);
		for (i = 0; i < count; i++) {
			while (read(fds[i].fd, &event, sizeof(event)) == sizeof(event)) {
				if (event.type != EV_KEY || event.code != KEY_POWER || !event.value)
					continue;
				say("power button%s", once ? "" : " ignored");
				if (once)
					return;
			}
		}
	}
}

static void order_wait_button(const char *value)
{
	(void)value;
	watch_button(true);
	end(RB_POWER_OFF);
}

static void order_ignore_button(const char *value)
{
	(void)value;
	watch_button(false);
}

static void order_cat_stdin(const char *value)
{
	struct termios tty;
	char line[1024];

	(void)value;
	if (tcgetattr(STDIN_FILENO, &tty) == 0) {
		tty.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSANOW, &tty);
	}
	say("cat-stdin ready");
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (strcmp(line, "quit") == 0)
			break;
		say("echo %s", line);
	}
	end(RB_POWER_OFF);
}

static const struct order {
	const char *name;
	void (*run)(const char *value); /* value: what is behind "=", or "" */
} orders[] = {
	{ "dmesg", order_dmesg },
	{ "pci", order_pci },
	{ "cat", order_cat },
	{ "port-echo", order_port_echo },
	{ "port-say", order_port_say },
	{ "exec", order_exec },
	{ "spin", order_spin },
	{ "sleep", order_sleep },
	{ "run", order_run },
	{ "wait-power-button", order_wait_button },
	{ "ignore-power-button", order_ignore_button },
	{ "cat-stdin", order_cat_stdin },
	{ "poweroff", order_poweroff },
	{ "reboot", order_reboot },
	{ "panic", order_panic },
};

/* Run the orders of a word such as "dmesg,spin=3,poweroff"; changes it. */
static void run_orders(char *word)
{
	char *order, *value, *rest = NULL;
	size_t i;

	for (order = strtok_r(word, ",", &rest); order; order = strtok_r(NULL, ",", &rest)) {
		value = strchr(order, '=');
		if (value)
			*value++ = '\0';
		for (i = 0; i < ARRAY_SIZE(orders) && strcmp(order, orders[i].name); i++)
			;
		if (i == ARRAY_SIZE(orders)) {
			say("unknown order %s", order);
			continue;
		}
		say("order %s", order);
		orders[i].run(value ? value : "");
	}
}

static void run_command_line(void)
{
	static char line[8192];
	const char *key = "thole.test=";
	char *word, *rest = NULL;

	file_line(line, sizeof(line), "/proc/cmdline");
	for (word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (strcmp(word, "--") == 0)
			break; /* what follows are our arguments */
		if (strncmp(word, key, strlen(key)) == 0)
			run_orders(word + strlen(key));
	}
}

/* The parameters of a module on the kernel's command line, NAME.PARAMETER=VALUE, as modprobe takes them from there. */
static void module_parameters(char *out, size_t size, const char *file)
{
	char line[8192], name[64];
	char *word, *rest = NULL;
	size_t len = 0, n;

	/* NUMBER-NAME.ko */
	n = strcspn(file + strcspn(file, "-") + 1, ".");
	snprintf(name, sizeof(name), "%.*s.", (int)n, file + strcspn(file, "-") + 1);
	for (word = name; *word; word++)
		*word = *word == '-' ? '_' : *word;
	*out = 0;
	file_line(line, sizeof(line), "/proc/cmdline");
	for (word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (strncmp(word, name, strlen(name)) == 0 && len < size)
			len += (size_t)snprintf(out + len, size - len, "%s ", word + strlen(name));
}

/* make-initrd numbers the files in the order in which they must be loaded. */
static void load_modules(void)
{
	struct dirent **names;
	char path[512], parameters[512];
	int n = scandir(MODULE_DIR, &names, NULL, alphasort), i, fd;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), MODULE_DIR "/%s", names[i]->d_name);
		fd = names[i]->d_name[0] == '.' ? -1 : open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		module_parameters(parameters, sizeof(parameters), names[i]->d_name);
		if (syscall(SYS_finit_module, fd, parameters, 0) < 0 && errno != EEXIST)
			say("module %s failed: %s", names[i]->d_name, strerror(errno));
		close(fd);
	}
}

static void mount_all(void)
{
	static const struct {
		const char *type, *dir;
	} mounts[] = { { "proc", "/proc" }, { "sysfs", "/sys" }, { "devtmpfs", "/dev" } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].dir, 0755);
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0, NULL) < 0 &&
			errno != EBUSY)
			say("mount %s failed: %s", mounts[i].dir, strerror(errno));
	}
}

int main(int argc, char **argv)
{
	int i;

	mount_all();
	klogctl(KLOG_CONSOLE_OFF, NULL, 0);
	load_modules();
	report_machine();
	run_command_line();
	for (i = 1; i < argc; i++)
		run_orders(argv[i]);
	end(RB_POWER_OFF);
}
