/* SPDX-License-Identifier: GPL-2.0-or-later */
/* device_spec.c - KEY=VALUE pairs, and a score for each candidate. */
#include "passthrough/device_spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bad(char *why, size_t size, const char *what)
{
	snprintf(why, size, "%s; a device is an address such as 0000:3b:00.1, class=network,node=0 or vf=0000:3b:00.0", what);
	return -EINVAL;
}

static bool class_known(const char *word)
{
	for (uint32_t base = 0; base < 0x20; base++)
		if (strcmp(pci_class_word(base << 16), word) == 0)
			return true;
	return false;
}

bool vf_link_is_empty(const struct vf_link *link)
{
	return !link->has_mac && !link->has_vlan && !link->has_trust;
}

static int number_read(const char *text, unsigned long most, unsigned long *number)
{
	char *end;

	*number = strtoul(text, &end, 10);
	return end == text || *end || *text == '-' || *number > most ? -EINVAL : 0;
}

/* What an Ethernet card lays down for a virtual function. 1: the key is another's. */
static int link_take(struct vf_link *link, const char *key, const char *value, char *why, size_t size)
{
	unsigned long vlan;

	if (strcmp(key, "mac") == 0) {
		link->has_mac = true;
		return vf_link_mac_parse(value, false, link->mac) ? 0 : bad(why, size, "mac= needs an address of one station");
	}
	if (strcmp(key, "vlan") == 0) {
		if (number_read(value, 4094, &vlan) != 0)
			return bad(why, size, "vlan= needs 1 to 4094, or 0 for none");
		link->has_vlan = true;
		link->vlan = (uint16_t)vlan;
		return 0;
	}
	if (strcmp(key, "trust") != 0)
		return 1;
	link->has_trust = true;
	link->trust = strcmp(value, "on") == 0;
	return link->trust || strcmp(value, "off") == 0 ? 0 : bad(why, size, "trust= is on or off");
}

static int pair_take(struct device_spec *spec, const char *key, const char *value, char *why, size_t size)
{
	unsigned long node;
	int err = link_take(&spec->link, key, value, why, size);

	if (err <= 0)
		return err;
	if (strcmp(key, "class") == 0) {
		if (!class_known(value) || strcmp(value, "bridge") == 0)
			return bad(why, size, "there is no such class");
		spec->by = DEVICE_BY_CLASS;
		snprintf(spec->class, sizeof(spec->class), "%s", value);
		return 0;
	}
	if (strcmp(key, "vf") == 0) {
		spec->by = DEVICE_BY_PF;
		return pci_addr_parse(value, &spec->addr) ? 0 : bad(why, size, "vf= needs an address");
	}
	if (strcmp(key, "node") != 0)
		return bad(why, size, "there is no such key");
	if (number_read(value, INT32_MAX, &node) != 0)
		return bad(why, size, "node= needs the number of a host node");
	spec->node = (int32_t)node;
	return 0;
}

int device_spec_parse(const char *text, struct device_spec *spec, char *why, size_t size)
{
	char copy[96], *save = NULL;
	int err = 0;

	*spec = (struct device_spec){ .node = -1 };
	if (pci_addr_parse(text, &spec->addr))
		return 0;
	if (!*text || strlen(text) >= sizeof(copy))
		return bad(why, size, "that is no device");
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *pair = strtok_r(copy, ",", &save); pair && !err; pair = strtok_r(NULL, ",", &save)) {
		char *value = strchr(pair, '=');

		if (!value)
			return bad(why, size, "that is no device");
		*value = '\0';
		err = pair_take(spec, pair, value + 1, why, size);
	}
	if (!err && spec->by == DEVICE_BY_ADDR)
		return bad(why, size, "a node alone names no device");
	if (!err && spec->by != DEVICE_BY_PF && !vf_link_is_empty(&spec->link))
		return bad(why, size, "mac=, vlan= and trust= are for vf=");
	return err;
}

static bool fits(const struct device_spec *spec, const struct pci_dev *d)
{
	if (spec->node >= 0 && d->node.os != spec->node)
		return false;
	switch (spec->by) {
	case DEVICE_BY_ADDR: return pci_addr_equal(d->addr, spec->addr);
	case DEVICE_BY_PF: return d->is_vf && pci_addr_equal(d->pf, spec->addr);
	default: return strcmp(pci_class_word(d->class), spec->class) == 0;
	}
}

/* Less is better; negative: not at all. */
static int score(const struct device_spec *spec, const struct device_candidate *c, bool force)
{
	if (!fits(spec, c->dev) || c->taken)
		return -1;
	if (c->verdict.can == PCI_CANNOT || (c->verdict.can == PCI_CAN_FORCED && (!force || spec->by != DEVICE_BY_ADDR)))
		return -1;
	return (int)c->verdict.can * 2 + !c->dev->is_vf;
}

/* Why none: the one that came nearest. */
static int none(const struct device_spec *spec, const struct device_candidate *c, uint32_t nr, char *why, size_t size)
{
	char name[PCI_ADDR_TEXT];

	for (uint32_t i = 0; i < nr; i++) {
		if (!fits(spec, c[i].dev))
			continue;
		pci_addr_format(c[i].dev->addr, name);
		if (c[i].taken)
			snprintf(why, size, "%s is taken by another --device", name);
		else
			snprintf(why, size, "%s: %s%s%s", name, c[i].verdict.why, *c[i].verdict.remedy ? "; " : "",
				c[i].verdict.remedy);
		return -EBUSY;
	}
	snprintf(why, size, "this host has no such device; thole pci list shows them");
	return -ENODEV;
}

int device_choose(const struct device_spec *spec, const struct device_candidate *c, uint32_t nr, bool force, char *why,
	size_t size)
{
	int best = -1, best_score = 0;

	for (uint32_t i = 0; i < nr; i++) {
		int s = score(spec, &c[i], force);

		if (s >= 0 && (best < 0 || s < best_score)) {
			best = (int)i;
			best_score = s;
		}
	}
	return best < 0 ? none(spec, c, nr, why, size) : best;
}

int device_choose_pf(const struct device_spec *spec, const struct device_candidate *c, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		const struct pci_dev *d = c[i].dev;

		if (spec->by == DEVICE_BY_PF && pci_addr_equal(d->addr, spec->addr) && !d->vfs && d->vfs_max && !c[i].taken &&
			strcmp(d->driver, "vfio-pci") != 0 && (spec->node < 0 || d->node.os == spec->node))
			return (int)i;
	}
	return -1;
}
