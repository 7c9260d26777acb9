/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap.c - taps (Documentation/networking/tuntap.rst), and those that were handed to us. */
#include "launcher/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "launcher/link.h"
#include "vmm/log.h"

#define TUN_PATH  "/dev/net/tun"
#define MADE_NAME "thole%d" /* the kernel finds a number */
#define MTU_PLAIN 1500u

int tap_queue_add(struct tap *t, const char *path, unsigned flags)
{
	struct ifreq r = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags) };
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", t->name);
	if (ioctl(fd, TUNSETIFF, &r) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	snprintf(t->name, sizeof(t->name), "%s", r.ifr_name);
	t->fd[t->nr++] = fd;
	return 0;
}

static int tun_failed(int err, const char *name)
{
	switch (err) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO: return log_errno(err, "net: there is no " TUN_PATH ": modprobe tun, as root, makes it");
	case -EACCES: return log_errno(err, "net: cannot open " TUN_PATH ": %m; your user has to be let in");
	case -EPERM:
		return log_errno(err,
			"net: a tap takes CAP_NET_ADMIN; or have root make one for you: ip tuntap add %s mode tap "
			"user $USER multi_queue, and give its name with tap=",
			strchr(name, '%') ? "NAME" : name);
	case -EBUSY: return log_errno(err, "net: the tap %s is another program's; give another one", name);
	default: return log_errno(err, "net: cannot have the tap %s: %m", name);
	}
}

/* One or several queues of the tap t->name. */
static int queues_open(struct tap *t, uint32_t queues, unsigned flags)
{
	while (t->nr < queues) {
		/* That there is none yet is asked for with the first. */
		int err = tap_queue_add(t, TUN_PATH, t->nr ? flags & ~(unsigned)IFF_TUN_EXCL : flags);

		if (err)
			return tun_failed(err, t->name);
	}
	return 0;
}

static int mtu_set(struct tap *t, uint32_t mtu)
{
	int err = link_mtu(t->name, &t->mtu);

	if (!err && mtu && mtu != t->mtu)
		err = link_mtu_set(t->name, mtu);
	if (err)
		return log_errno(err, "net: %s does not take an MTU of %u: %m", t->name, mtu);
	t->mtu = mtu ? mtu : t->mtu;
	return 0;
}

static int up(const struct tap *t)
{
	int err = link_up(t->name);

	return err ? log_errno(err, "net: %s is down, and cannot be turned on: %m; ip link set %s up, as root, does",
			     t->name, t->name) : 0;
}

static int bridge_check(const char *bridge)
{
	if (!link_exists(bridge))
		return log_errno(-ENODEV, "net: there is no bridge %s: ip link add %s type bridge, as root, makes it",
			bridge, bridge);
	if (!link_is_bridge(bridge))
		return log_errno(-EINVAL, "net: %s is no bridge; for an interface of another kind there is macvtap=%s",
			bridge, bridge);
	if (!link_is_up(bridge))
		return log_errno(-ENETDOWN, "net: the bridge %s is down: ip link set %s up, as root, turns it on",
			bridge, bridge);
	return 0;
}

static int bridge_join(const struct tap *t, const char *bridge)
{
	int err = link_bridge_add(bridge, t->name);
	uint32_t mtu;

	if (err == -EBUSY)
		return log_errno(err, "net: %s is a port of another bridge already", t->name);
	if (err)
		return log_errno(err, "net: %s cannot become a port of %s: %m", t->name, bridge);
	/* By now it has that of the smallest of its ports, if it was not given another. */
	if ((err = link_mtu(bridge, &mtu)) != 0 || mtu >= t->mtu)
		return err;
	return log_errno(-EMSGSIZE, "net: an MTU of %u does not fit through %s, which has %u: ip link set %s mtu %u",
		t->mtu, bridge, mtu, bridge, t->mtu);
}

static int made_open(struct tap *t, const struct config_net *cfg, uint32_t queues)
{
	bool bridged = cfg->kind == CONFIG_NET_BRIDGE;
	uint32_t mtu = cfg->mtu ? cfg->mtu : MTU_PLAIN;
	int err = bridged ? bridge_check(cfg->name) : 0;

	/* A port with less would be less for all of them. */
	if (!err && bridged && !cfg->mtu)
		err = link_mtu(cfg->name, &mtu);
	if (!err)
		err = queues_open(t, cfg->queues ? cfg->queues : queues, IFF_MULTI_QUEUE | IFF_TUN_EXCL);
	if (!err)
		err = mtu_set(t, mtu);
	if (!err && bridged)
		err = bridge_join(t, cfg->name);
	return err ? err : up(t);
}

static int existing_open(struct tap *t, const struct config_net *cfg, uint32_t queues)
{
	unsigned flags;
	bool multi;
	int err;

	if (!link_tun_flags(t->name, &flags) || !(flags & IFF_TAP))
		return log_errno(-EEXIST, "net: %s is an interface already, and no tap; choose another name", t->name);
	/* A multi-queue tap would let anybody join. */
	if (!(flags & IFF_PERSIST) || link_has_carrier(t->name))
		return tun_failed(-EBUSY, t->name);
	multi = flags & IFF_MULTI_QUEUE;
	if (!multi && cfg->queues > 1)
		return log_errno(-EINVAL,
			"net: %s has one queue only; ip tuntap add NAME mode tap multi_queue makes one with more, "
			"or use queues=1", t->name);
	if (multi)
		err = queues_open(t, cfg->queues ? cfg->queues : queues, IFF_MULTI_QUEUE);
	else
		err = queues_open(t, 1, 0);
	if (!err)
		err = mtu_set(t, cfg->mtu);
	if (!err && cfg->kind == CONFIG_NET_BRIDGE) {
		err = bridge_check(cfg->name);
		if (!err)
			err = bridge_join(t, cfg->name);
	}
	return err ? err : up(t);
}

/* Ours is a copy: the one that was handed over is there for the next start, after a reboot. */
static int given_add(struct tap *t, int given)
{
	struct ifreq r = { 0 };
	int fd = fcntl(given, F_DUPFD_CLOEXEC, 3);
	int err;

	if (fd < 0)
		return log_errno(-errno, "net: no descriptor %d was given to thole: %m", given);
	t->fd[t->nr++] = fd;
	if (ioctl(fd, TUNGETIFF, &r) < 0)
		return log_errno(-errno, "net: descriptor %d is no tap's: %m", given);
	if (!(r.ifr_flags & IFF_TAP) || !(r.ifr_flags & IFF_VNET_HDR) || !(r.ifr_flags & IFF_NO_PI))
		return log_errno(-EINVAL, "net: descriptor %d is of %s, which was not opened with IFF_TAP, "
			"IFF_NO_PI and IFF_VNET_HDR", given, r.ifr_name);
	if (t->name[0] && strcmp(t->name, r.ifr_name) != 0)
		return log_errno(-EINVAL, "net: descriptor %d is of %s, another one of %s: they must be queues of one tap",
			given, r.ifr_name, t->name);
	snprintf(t->name, sizeof(t->name), "%s", r.ifr_name);
	if (fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0)
		return 0;
	err = -errno;
	return log_errno(err, "net: descriptor %d: %m", given);
}

static int given_open(struct tap *t, const struct config_net *cfg)
{
	unsigned flags;
	int err;

	for (uint32_t i = 0; i < cfg->nr_fds; i++)
		if ((err = given_add(t, cfg->fd[i])) != 0)
			return err;
	/* It may be in another network namespace, where we cannot look. */
	if (link_mtu(t->name, &t->mtu) != 0)
		t->mtu = cfg->mtu;
	if (cfg->mtu > t->mtu)
		return log_errno(-EMSGSIZE, "net: %s has an MTU of %u, less than mtu=%u", t->name, t->mtu, cfg->mtu);
	t->mtu = cfg->mtu ? cfg->mtu : t->mtu;
	if (link_tun_flags(t->name, &flags))
		return 0;
	t->mac_fixed = true;
	if (cfg->has_mac || link_mac(t->name, t->mac) == 0)
		return 0;
	return log_errno(-EINVAL, "net: the macvtap of descriptor %d is not to be seen here: give its address with mac=",
		cfg->fd[0]);
}

int tap_open(struct tap *t, const struct config_net *cfg, uint32_t queues, const uint8_t mac[NET_MAC_BYTES])
{
	const char *name = cfg->tap ? cfg->tap : MADE_NAME;
	int err;

	*t = (struct tap){ .netns = -1 };
	memcpy(t->mac, mac, NET_MAC_BYTES);
	switch (cfg->kind) {
	case CONFIG_NET_FD: err = given_open(t, cfg); break;
	case CONFIG_NET_MACVTAP: err = macvtap_open(t, cfg, cfg->queues ? cfg->queues : queues); break;
	default:
		snprintf(t->name, sizeof(t->name), "%s", name);
		err = link_exists(t->name) ? existing_open(t, cfg, queues) : made_open(t, cfg, queues);
		break;
	}
	if (err)
		tap_close(t);
	return err;
}

void tap_close(struct tap *t)
{
	while (t->nr)
		close(t->fd[--t->nr]);
	if (t->netns >= 0)
		close(t->netns);
	t->netns = -1;
}
