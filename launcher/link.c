/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.c - netdevice(7) by ioctl, and /sys/class/net. */
#include "launcher/link.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

bool link_name_good(const char *name)
{
	size_t len = strlen(name);

	return len && len < IFNAMSIZ && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       !strpbrk(name, "/: \t\n%,");
}

/* A small file of the interface's; false if there is none. */
static bool sysfs_read(const char *name, const char *file, char *text, int size)
{
	char path[128];
	FILE *in;
	bool got;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, file);
	in = fopen(path, "re");
	got = in && fgets(text, size, in);
	if (in)
		fclose(in);
	return got;
}

bool link_exists(const char *name)
{
	return if_nametoindex(name) != 0;
}

bool link_is_bridge(const char *name)
{
	char text[32];

	return sysfs_read(name, "bridge/bridge_id", text, sizeof(text));
}

bool link_tun_flags(const char *name, unsigned *flags)
{
	char text[32];

	return sysfs_read(name, "tun_flags", text, sizeof(text)) && sscanf(text, "%x", flags) == 1;
}

bool link_has_carrier(const char *name)
{
	char text[8];

	return sysfs_read(name, "carrier", text, sizeof(text)) && text[0] == '1';
}

static int call(unsigned long request, const char *name, struct ifreq *r)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 ? -errno : 0;

	snprintf(r->ifr_name, sizeof(r->ifr_name), "%s", name);
	if (!err && ioctl(fd, request, r) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

bool link_is_up(const char *name)
{
	struct ifreq r = { 0 };

	return call(SIOCGIFFLAGS, name, &r) == 0 && (r.ifr_flags & IFF_UP);
}

int link_up(const char *name)
{
	struct ifreq r = { 0 };
	int err = call(SIOCGIFFLAGS, name, &r);

	if (err || (r.ifr_flags & IFF_UP))
		return err;
	r.ifr_flags |= IFF_UP;
	return call(SIOCSIFFLAGS, name, &r);
}

int link_mtu(const char *name, uint32_t *mtu)
{
	struct ifreq r = { 0 };
	int err = call(SIOCGIFMTU, name, &r);

	*mtu = err ? 0 : (uint32_t)r.ifr_mtu;
	return err;
}

int link_mtu_set(const char *name, uint32_t mtu)
{
	struct ifreq r = { .ifr_mtu = (int)mtu };

	return call(SIOCSIFMTU, name, &r);
}

int link_mac(const char *name, uint8_t mac[static 6])
{
	struct ifreq r = { 0 };
	int err = call(SIOCGIFHWADDR, name, &r);

	if (!err)
		memcpy(mac, r.ifr_hwaddr.sa_data, 6);
	return err;
}

int link_bridge_add(const char *bridge, const char *port)
{
	struct ifreq r = { .ifr_ifindex = (int)if_nametoindex(port) };

	return call(SIOCBRADDIF, bridge, &r);
}
