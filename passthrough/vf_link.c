/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vf_link.c - IFLA_VFINFO_LIST of RTM_GETLINK and RTM_SETLINK (rtnetlink(7), <linux/if_link.h>).
 *
 *   IFLA_VFINFO_LIST { IFLA_VF_INFO { IFLA_VF_MAC, IFLA_VF_VLAN, IFLA_VF_TRUST, each with the function's number } ... }
 */
#include "passthrough/vf_link.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES 65536 /* a message with hundreds of functions */

bool vf_link_mac_parse(const char *text, bool zero, uint8_t mac[static 6])
{
	unsigned at[6], any = 0;
	int len = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &at[0], &at[1], &at[2], &at[3], &at[4], &at[5], &len) != 6 ||
		len != 17 || text[len] || strspn(text, "0123456789abcdefABCDEF:") != 17)
		return false;
	for (unsigned i = 0; i < 6; i++) {
		mac[i] = (uint8_t)at[i];
		any |= at[i];
	}
	return any ? !(mac[0] & 1) : zero;
}

const char *vf_link_mac_format(const uint8_t mac[static 6], char text[static 18])
{
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

static struct nlmsghdr *interface_put(struct nlmsghdr *m, uint16_t type, uint16_t flags, int interface)
{
	struct ifinfomsg *info;

	m->nlmsg_type = type;
	m->nlmsg_flags = flags;
	m->nlmsg_seq = 1;
	info = mnl_nlmsg_put_extra_header(m, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = interface;
	return m;
}

void vf_link_build(struct nlmsghdr *m, int interface, uint32_t vf, const struct vf_link *link)
{
	struct ifla_vf_mac mac = { .vf = vf };
	const struct ifla_vf_vlan vlan = { .vf = vf, .vlan = link->vlan, .qos = link->qos };
	const struct ifla_vf_trust trust = { .vf = vf, .setting = link->trust };
	struct nlattr *list, *one;

	memcpy(mac.mac, link->mac, sizeof(link->mac));
	interface_put(m, RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, interface);
	list = mnl_attr_nest_start(m, IFLA_VFINFO_LIST);
	one = mnl_attr_nest_start(m, IFLA_VF_INFO);
	if (link->has_mac)
		mnl_attr_put(m, IFLA_VF_MAC, sizeof(mac), &mac);
	if (link->has_vlan)
		mnl_attr_put(m, IFLA_VF_VLAN, sizeof(vlan), &vlan);
	if (link->has_trust)
		mnl_attr_put(m, IFLA_VF_TRUST, sizeof(trust), &trust);
	mnl_attr_nest_end(m, one);
	mnl_attr_nest_end(m, list);
}

/* An attribute's bytes, if it has as many and they begin with the function's number. */
static bool of_vf(const struct nlattr *a, uint16_t type, uint32_t vf, void *to, size_t size)
{
	uint32_t number;

	if (mnl_attr_get_type(a) != type || mnl_attr_get_payload_len(a) < size)
		return false;
	memcpy(&number, mnl_attr_get_payload(a), sizeof(number));
	if (number != vf)
		return false;
	memcpy(to, mnl_attr_get_payload(a), size);
	return true;
}

struct parsing {
	uint32_t vf;
	struct vf_link *link;
};

static int value_parse(const struct nlattr *a, void *ctx)
{
	const struct parsing *p = ctx;
	struct vf_link *link = p->link;
	struct ifla_vf_trust trust;
	struct ifla_vf_vlan vlan;
	struct ifla_vf_mac mac;

	if (of_vf(a, IFLA_VF_MAC, p->vf, &mac, sizeof(mac))) {
		link->has_mac = true;
		memcpy(link->mac, mac.mac, sizeof(link->mac));
	} else if (of_vf(a, IFLA_VF_VLAN, p->vf, &vlan, sizeof(vlan))) {
		link->has_vlan = true;
		link->vlan = (uint16_t)vlan.vlan;
		link->qos = (uint8_t)vlan.qos;
	} else if (of_vf(a, IFLA_VF_TRUST, p->vf, &trust, sizeof(trust))) {
		link->has_trust = trust.setting != UINT32_MAX; /* a driver that knows of none */
		link->trust = trust.setting == 1;
	}
	return MNL_CB_OK;
}

static int info_parse(const struct nlattr *a, void *ctx)
{
	return mnl_attr_get_type(a) == IFLA_VF_INFO ? mnl_attr_parse_nested(a, value_parse, ctx) : MNL_CB_OK;
}

static int list_parse(const struct nlattr *a, void *ctx)
{
	return mnl_attr_get_type(a) == IFLA_VFINFO_LIST ? mnl_attr_parse_nested(a, info_parse, ctx) : MNL_CB_OK;
}

bool vf_link_parse(const struct nlmsghdr *m, uint32_t vf, struct vf_link *link)
{
	struct parsing p = { vf, link };

	*link = (struct vf_link){ 0 };
	return mnl_attr_parse(m, sizeof(struct ifinfomsg), list_parse, &p) >= 0 && link->has_mac;
}

struct answer {
	uint32_t vf;
	struct vf_link *link;
	bool found;
};

static int answer_take(const struct nlmsghdr *m, void *ctx)
{
	struct answer *a = ctx;

	if (m->nlmsg_type == RTM_NEWLINK)
		a->found = vf_link_parse(m, a->vf, a->link);
	return MNL_CB_OK;
}

/* answer NULL: an acknowledgement is all that comes. */
static int talk(struct mnl_socket *s, const struct nlmsghdr *m, char *buf, struct answer *answer)
{
	ssize_t n;

	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 || mnl_socket_sendto(s, m, m->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(s, buf, ANSWER_BYTES);
	if (n < 0 || mnl_cb_run(buf, (size_t)n, m->nlmsg_seq, mnl_socket_get_portid(s), answer ? answer_take : NULL,
			     answer) < 0)
		return -errno;
	return 0;
}

static int exchange(const char *net, uint32_t vf, const struct vf_link *set, struct answer *answer)
{
	int interface = (int)if_nametoindex(net), err;
	struct mnl_socket *s;
	struct nlmsghdr *m;
	char *buf;

	if (!interface)
		return -errno;
	s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!s)
		return -errno;
	buf = calloc(1, ANSWER_BYTES);
	err = buf ? 0 : -ENOMEM;
	if (!err) {
		m = mnl_nlmsg_put_header(buf);
		if (set) {
			vf_link_build(m, interface, vf, set);
		} else {
			interface_put(m, RTM_GETLINK, NLM_F_REQUEST, interface);
			mnl_attr_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS);
		}
		err = talk(s, m, buf, answer);
	}
	free(buf);
	mnl_socket_close(s);
	return err;
}

int vf_link_read(const char *net, uint32_t vf, struct vf_link *link)
{
	struct answer answer = { .vf = vf, .link = link };
	int err = exchange(net, vf, NULL, &answer);

	return err ? err : answer.found ? 0 : -ENODEV;
}

int vf_link_write(const char *net, uint32_t vf, const struct vf_link *link)
{
	return exchange(net, vf, link, NULL);
}
