/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vf_link.h - what an Ethernet card's physical function lays down for a virtual one: address, VLAN, trust. By
 * rtnetlink at the physical function's interface, as `ip link set PF vf N` does.
 *
 * Threads: main only. Ownership: values. Errors: negative errno, not reported; -ELIBACC: there is no libmnl.
 */
#ifndef PASSTHROUGH_VF_LINK_H
#define PASSTHROUGH_VF_LINK_H

#include <linux/netlink.h>

#include "vmm/util.h"

struct vf_link {
	bool has_mac, has_vlan, has_trust; /* what is to be set, or is known */
	uint8_t mac[6];			   /* all zero: the virtual function's own choice */
	uint16_t vlan;			   /* 0: none */
	uint8_t qos;
	bool trust; /* it may change its address, and listen to all */
};

/* What the physical function's interface has for its virtual function vf now. -ENODEV: it has none such. */
int vf_link_read(const char *net, uint32_t vf, struct vf_link *link) must_check;

int vf_link_write(const char *net, uint32_t vf, const struct vf_link *link) must_check;

/* The messages, for tests: a change in m, which is empty; and from the kernel's answer. False: no such function is
 * there. */
void vf_link_build(struct nlmsghdr *m, int interface, uint32_t vf, const struct vf_link *link);
bool vf_link_parse(const struct nlmsghdr *m, uint32_t vf, struct vf_link *link);

/* "52:54:00:01:02:03", of one station; with zero, "00:00:00:00:00:00" too. */
bool vf_link_mac_parse(const char *text, bool zero, uint8_t mac[static 6]);
const char *vf_link_mac_format(const uint8_t mac[static 6], char text[static 18]);

#endif
