/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_macvtap.c - a macvtap on an interface of the host: frames for its address come to it, what it sends leaves by
 * that interface, other macvtaps there are reached directly (mode bridge), and the host itself is not reached.
 *
 *   host's namespace:     eth0  <---- lower device of ----  macvtap0   : a namespace that only our descriptor keeps
 *                         /dev/tapN, one number in all namespaces, is its character device
 *
 * When the last descriptor of a namespace is closed, the kernel removes its interfaces: that is what makes it go
 * when thole is killed. Its number is ours to choose, and chosen so that /dev/tapN is no other one's: it would be
 * the same in each new namespace else.
 */
#include "launcher/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "launcher/link.h"
#include "vmm/log.h"

#define NUMBER_FIRST 0x40000000u
#define TRIES	     16

/* A thread's namespace is its own, so a thread that ends makes one and changes nobody else's. */
static void *netns_make(void *ctx)
{
	int *fd = ctx;

	*fd = unshare(CLONE_NEWNET) == 0 ? open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC) : -1;
	if (*fd < 0)
		*fd = -errno;
	return NULL;
}

static int netns_open(void)
{
	pthread_t thread;
	int fd = -1;
	int err = -pthread_create(&thread, NULL, netns_make, &fd);

	if (!err)
		pthread_join(thread, NULL);
	return err ? err : fd;
}

static void message_build(struct nlmsghdr *m, const struct tap *t, uint32_t lower, uint32_t number, uint32_t queues)
{
	struct ifinfomsg *info;
	struct nlattr *linkinfo, *data;

	m->nlmsg_type = RTM_NEWLINK;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
	info = mnl_nlmsg_put_extra_header(m, sizeof(*info));
	info->ifi_index = (int)number;
	/* All multicast: what the guest listens to we don't know, and its own filter is better. */
	info->ifi_flags = IFF_UP | IFF_ALLMULTI;
	info->ifi_change = IFF_UP | IFF_ALLMULTI;
	mnl_attr_put_strz(m, IFLA_IFNAME, "macvtap0");
	mnl_attr_put_u32(m, IFLA_LINK, lower);
	mnl_attr_put(m, IFLA_ADDRESS, sizeof(t->mac), t->mac);
	mnl_attr_put_u32(m, IFLA_MTU, t->mtu);
	mnl_attr_put_u32(m, IFLA_NUM_TX_QUEUES, queues);
	mnl_attr_put_u32(m, IFLA_NUM_RX_QUEUES, queues);
	mnl_attr_put_u32(m, IFLA_NET_NS_FD, (uint32_t)t->netns);
	linkinfo = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "macvtap");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	mnl_attr_put_u32(m, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, linkinfo);
}

static int message_send(struct mnl_socket *s, struct nlmsghdr *m)
{
	char answer[8192];
	ssize_t n;

	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 || mnl_socket_sendto(s, m, m->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(s, answer, sizeof(answer));
	if (n < 0 || mnl_cb_run(answer, (size_t)n, m->nlmsg_seq, mnl_socket_get_portid(s), NULL, NULL) < 0)
		return -errno;
	return 0;
}

static int macvtap_make(const struct tap *t, uint32_t lower, uint32_t number, uint32_t queues)
{
	char buf[1024] = { 0 };
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct nlmsghdr *m;
	int err;

	if (!s)
		return -errno;
	m = mnl_nlmsg_put_header(buf);
	m->nlmsg_seq = 1;
	message_build(m, t, lower, number, queues);
	err = message_send(s, m);
	mnl_socket_close(s);
	return err;
}

static int make_failed(int err, const char *lower, const struct tap *t)
{
	switch (err) {
	case -EPERM: return log_errno(err, "net: a macvtap takes CAP_NET_ADMIN and CAP_SYS_ADMIN; or have root make one, "
		"open its /dev/tapN for you, and give that with fd=");
	case -EOPNOTSUPP: return log_errno(err, "net: this kernel makes no macvtap: modprobe macvtap, as root");
	case -EBUSY: return log_errno(err, "net: %s has no place for a macvtap: it is a port of a bridge or the like; "
		"give that with bridge=", lower);
	case -ELIBACC: return log_errno(err, "net: libmnl, which makes macvtaps, is not there: apt-get install libmnl0");
	case -EADDRINUSE: return log_errno(err, "net: another macvtap on %s has the address "
		"%02x:%02x:%02x:%02x:%02x:%02x; give another with mac=", lower, t->mac[0], t->mac[1], t->mac[2],
		t->mac[3], t->mac[4], t->mac[5]);
	default: return log_errno(err, "net: no macvtap can be made on %s: %m", lower);
	}
}

/* A number whose character device is nobody's. */
static int number_choose(char *path, size_t size, uint32_t *number)
{
	struct timespec now;

	for (int i = 0; i < TRIES; i++) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		*number = NUMBER_FIRST | (((uint32_t)now.tv_nsec * 2654435761u ^ (uint32_t)getpid() << 14) >> 2);
		snprintf(path, size, "/dev/tap%u", *number);
		if (access(path, F_OK) < 0)
			return 0;
	}
	return -EEXIST;
}

static int lower_check(struct tap *t, const struct config_net *cfg)
{
	uint32_t most;

	if (!link_exists(cfg->name))
		return log_errno(-ENODEV, "net: there is no interface %s; ip link shows which there are", cfg->name);
	if (!link_is_up(cfg->name))
		return log_errno(-ENETDOWN, "net: the interface %s is down: ip link set %s up, as root, turns it on",
			cfg->name, cfg->name);
	if (link_mtu(cfg->name, &most) != 0 || cfg->mtu > most)
		return log_errno(-EMSGSIZE, "net: an MTU of %u does not fit through %s, which has %u: ip link set %s mtu %u",
			cfg->mtu, cfg->name, most, cfg->name, cfg->mtu);
	t->mtu = cfg->mtu ? cfg->mtu : most;
	return 0;
}

int macvtap_open(struct tap *t, const struct config_net *cfg, uint32_t queues)
{
	char path[32];
	uint32_t number;
	int err = lower_check(t, cfg);

	if (err)
		return err;
	t->mac_fixed = true;
	t->netns = netns_open();
	if (t->netns < 0) {
		err = t->netns;
		t->netns = -1;
		return make_failed(err, cfg->name, t);
	}
	if ((err = number_choose(path, sizeof(path), &number)) == 0)
		err = macvtap_make(t, if_nametoindex(cfg->name), number, queues);
	if (err)
		return make_failed(err, cfg->name, t);
	while (t->nr < queues)
		if ((err = tap_queue_add(t, path, IFF_MULTI_QUEUE)) != 0)
			return log_errno(err, "net: cannot open the macvtap's %s: %m; in a container, give it with fd=", path);
	return 0;
}
