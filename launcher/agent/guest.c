/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.c - files in /proc and /etc, a few ioctls for the network, and the way out. */
#include "launcher/agent/guest.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/log.h"

#define CMDLINE_MAX  4096
#define DEFAULT_PORT 1024u

static int hex(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool key_parse(uint8_t key[static FRAME_KEY_BYTES], const char *text, size_t len)
{
	if (len != (size_t)2 * FRAME_KEY_BYTES)
		return false;
	for (uint32_t i = 0; i < FRAME_KEY_BYTES; i++) {
		int high = hex(text[2 * i]), low = hex(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static void text_take(char *to, size_t size, const char *value, size_t len)
{
	if (len < size) {
		memcpy(to, value, len);
		to[len] = 0;
	}
}

static void word_take(struct guest_words *w, const char *word, size_t len)
{
	const char *equals = memchr(word, '=', len);
	size_t name = equals ? (size_t)(equals - word) : len;
	const char *value = equals ? equals + 1 : word + len;
	size_t size = (size_t)(word + len - value);

	if (name == 3 && memcmp(word, "key", 3) == 0)
		w->has_key = key_parse(w->key, value, size);
	else if (name == 5 && memcmp(word, "vsock", 5) == 0 && size && size < 10)
		w->port = (uint32_t)strtoul(value, NULL, 10);
	else if (name == 8 && memcmp(word, "hostname", 8) == 0)
		text_take(w->hostname, sizeof(w->hostname), value, size);
	else if (name == 7 && memcmp(word, "address", 7) == 0)
		text_take(w->address, sizeof(w->address), value, size);
}

void guest_words_parse(struct guest_words *w, const char *cmdline)
{
	*w = (struct guest_words){ .port = DEFAULT_PORT };
	while (*cmdline) {
		size_t len = strcspn(cmdline, " \n");

		if (len > 6 && memcmp(cmdline, "thole.", 6) == 0)
			word_take(w, cmdline + 6, len - 6);
		cmdline += len;
		cmdline += strspn(cmdline, " \n");
	}
}

static ssize_t file_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);
	int err = errno;

	if (fd >= 0)
		close(fd);
	buf[max(n, 0)] = 0;
	return n < 0 ? -err : n;
}

int guest_words_read(struct guest_words *w)
{
	char line[CMDLINE_MAX];
	ssize_t n = file_read("/proc/cmdline", line, sizeof(line));

	guest_words_parse(w, line);
	return n < 0 ? log_errno((int)n, "cannot read /proc/cmdline: %m") : 0;
}

static int file_write(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	size_t len = strlen(text);
	ssize_t n = fd < 0 ? -1 : write(fd, text, len);
	int err = n < 0 ? -errno : n == (ssize_t)len ? 0 : -EIO;

	if (fd >= 0)
		close(fd);
	return err;
}

/* Users of the guest need not read what lets in. */
static void key_hide(void)
{
	static const char copy[] = "/run/thole-cmdline";
	char line[CMDLINE_MAX];
	char *at;

	if (file_read("/proc/cmdline", line, sizeof(line)) < 0)
		return;
	at = strstr(line, "thole.key=");
	if (!at)
		return;
	for (at += strlen("thole.key="); *at && !isspace((unsigned char)*at); at++)
		*at = '-';
	if (file_write(copy, O_TRUNC, line) != 0 || mount(copy, "/proc/cmdline", NULL, MS_BIND, NULL) != 0)
		log_warn("the key of this machine can be read by its users: %m");
}

static int device_find(char name[static IFNAMSIZ])
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *i = all; i && i->if_index; i++)
		if (strcmp(i->if_name, "lo") != 0) {
			snprintf(name, IFNAMSIZ, "%s", i->if_name);
			if_freenameindex(all);
			return 0;
		}
	if (all)
		if_freenameindex(all);
	return -ENODEV;
}

static int address_set(int fd, struct ifreq *r, unsigned long request, in_addr_t address)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = address };

	memcpy(&r->ifr_addr, &at, sizeof(at));
	return ioctl(fd, request, r) < 0 ? -errno : 0;
}

static int device_up(const char *name, in_addr_t address, unsigned prefix)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { 0 };
	int err = 0;

	if (fd < 0)
		return -errno;
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (address && (err = address_set(fd, &r, SIOCSIFADDR, address)) == 0)
		err = address_set(fd, &r, SIOCSIFNETMASK, prefix ? htonl(~0u << (32 - prefix)) : 0);
	if (!err && ioctl(fd, SIOCGIFFLAGS, &r) < 0)
		err = -errno;
	r.ifr_flags |= IFF_UP | IFF_RUNNING;
	if (!err && ioctl(fd, SIOCSIFFLAGS, &r) < 0)
		err = -errno;
	close(fd);
	return err;
}

static void address_give(const char *text)
{
	char name[IFNAMSIZ], dotted[32];
	struct in_addr address;
	unsigned prefix = 24;
	int err;

	snprintf(dotted, sizeof(dotted), "%s", text);
	if (strchr(dotted, '/')) {
		prefix = (unsigned)strtoul(strchr(dotted, '/') + 1, NULL, 10);
		*strchr(dotted, '/') = 0;
	}
	if (inet_pton(AF_INET, dotted, &address) != 1 || prefix > 32) {
		log_errno(-EINVAL, "thole.address=%s is no address such as 10.1.2.3/16", text);
		return;
	}
	err = device_find(name);
	if (!err)
		err = device_up(name, address.s_addr, prefix);
	if (err)
		log_errno(err, "the machine has no address %s: %m", text);
}

void guest_prepare(const struct guest_words *w)
{
	umask(022);
	key_hide();
	if (device_up("lo", 0, 0) != 0)
		log_warn("cannot start the device lo: %m");
	if (*w->hostname && sethostname(w->hostname, strlen(w->hostname)) < 0)
		log_warn("cannot be called %s: %m", w->hostname);
	if (*w->address)
		address_give(w->address);
}

void guest_poweroff(void)
{
	/* Under systemd, a real-time signal starts its power-off, orderly. */
	if (getpid() != 1) {
		kill(1, SIGRTMIN + 4);
		return;
	}
	kill(-1, SIGTERM);
	for (int i = 0; i < 20 && kill(-1, 0) == 0; i++)
		usleep(10000);
	kill(-1, SIGKILL);
	sync();
	reboot(RB_POWER_OFF);
	log_errno(-errno, "cannot switch the machine off: %m");
}
