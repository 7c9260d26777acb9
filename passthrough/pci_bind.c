/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_bind.c - driver_override, unbind, drivers_probe (sysfs-bus-pci in the kernel's ABI).
 *
 * driver_override takes a name and gives the function to no other driver; a lone newline clears it.
 */
#include "passthrough/pci_bind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "passthrough/pci_use.h"
#include "passthrough/pci_verdict.h"
#include "vmm/log.h"

#define VFIO_PCI "vfio-pci"

struct was {
	char kind[8];
	struct pci_addr addr;
	char driver[48], override[48]; /* bind */
	uint32_t count, autoprobe;     /* vfs */
	uint32_t vf;		       /* vflink */
	struct vf_link link;
};

static int module_load(const char *name)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (null >= 0)
			dup2(null, STDERR_FILENO);
		execlp("modprobe", "modprobe", "-q", name, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOENT;
}

static int driver_have(const struct host_tree *t)
{
	if (tree_has(t, "sys/bus/pci/drivers/" VFIO_PCI) || (!*t->root && module_load(VFIO_PCI) == 0 &&
								    tree_has(t, "sys/bus/pci/drivers/" VFIO_PCI)))
		return 0;
	return log_errno(-ENOENT, "this kernel has no driver " VFIO_PCI "; is it root who asks, and does modprobe " VFIO_PCI
				  " work?");
}

static int unbind(const struct host_tree *t, const char *name)
{
	int err;

	if (!tree_has(t, PCI_SYS "/%s/driver", name))
		return 0;
	err = tree_write(t, name, PCI_SYS "/%s/driver/unbind", name);
	return err == -ENODEV ? 0 : err;
}

static bool has_driver(const struct host_tree *t, const char *name, const char *driver)
{
	char now[48];

	return strcmp(tree_link(t, now, sizeof(now), PCI_SYS "/%s/driver", name), driver) == 0;
}

static int to_vfio(const struct host_tree *t, const char *name)
{
	int err = tree_write(t, VFIO_PCI, PCI_SYS "/%s/driver_override", name);

	if (!err)
		err = unbind(t, name);
	if (!err)
		err = tree_write(t, name, "sys/bus/pci/drivers_probe");
	if (!err && !has_driver(t, name, VFIO_PCI))
		err = -ENODEV;
	return err;
}

static int override_put(const struct host_tree *t, const char *name, const char *override)
{
	return tree_write(t, *override ? override : "\n", PCI_SYS "/%s/driver_override", name);
}

/* Back to the driver that it had; where that one has gone, to whoever wants it. */
static int bind_undo(const struct host_tree *t, const struct was *w)
{
	char name[PCI_ADDR_TEXT];
	int err;

	pci_addr_format(w->addr, name);
	if (!tree_has(t, PCI_SYS "/%s", name))
		return 0;
	if ((err = override_put(t, name, w->override)) != 0)
		return log_errno(err, "%s: cannot give it back: driver_override: %m", name);
	if (has_driver(t, name, w->driver))
		return 0;
	if ((err = unbind(t, name)) != 0)
		return log_errno(err, "%s: cannot take it from its driver: %m", name);
	if (!*w->driver)
		return 0;
	err = tree_write(t, name, "sys/bus/pci/drivers/%s/bind", w->driver);
	if (!err && has_driver(t, name, w->driver))
		return 0;
	err = tree_write(t, name, "sys/bus/pci/drivers_probe");
	if (!err && has_driver(t, name, w->driver))
		return 0;
	return log_errno(err ? err : -ENODEV, "%s: its driver %s does not take it back: %m; see dmesg", name, w->driver);
}

static int vfs_put(const struct host_tree *t, const char *name, uint32_t nr, uint32_t autoprobe)
{
	uint32_t now = (uint32_t)tree_number(t, 0, PCI_SYS "/%s/sriov_numvfs", name);
	char text[16];
	int err = 0;

	snprintf(text, sizeof(text), "%u", autoprobe);
	if (tree_has(t, PCI_SYS "/%s/sriov_drivers_autoprobe", name))
		err = tree_write(t, text, PCI_SYS "/%s/sriov_drivers_autoprobe", name);
	/* From some to others only by way of none. */
	if (!err && now && now != nr)
		err = tree_write(t, "0", PCI_SYS "/%s/sriov_numvfs", name);
	snprintf(text, sizeof(text), "%u", nr);
	if (!err && nr && now != nr)
		err = tree_write(t, text, PCI_SYS "/%s/sriov_numvfs", name);
	return err;
}

static int vfs_undo(const struct host_tree *t, const struct was *w)
{
	char name[PCI_ADDR_TEXT];
	int err;

	pci_addr_format(w->addr, name);
	if (!tree_has(t, PCI_SYS "/%s", name))
		return 0;
	err = vfs_put(t, name, w->count, w->autoprobe);
	return err ? log_errno(err, "%s: cannot go back to %u virtual functions: %m", name, w->count) : 0;
}

/* A function that is gone needs nothing back. Some drivers have no way back to no address: then it keeps ours, which
 * nobody uses. */
static int link_undo(const struct host_tree *t, const struct was *w)
{
	static const uint8_t none[6];
	char name[PCI_ADDR_TEXT];
	struct pci_addr vf;
	struct pci_dev pf;
	int err;

	if (pci_dev_read(t, w->addr, &pf) != 0 || !*pf.net || pci_vf_find(t, w->addr, w->vf, &vf) != 0)
		return 0;
	err = vf_link_write(pf.net, w->vf, &w->link);
	if (!err)
		return 0;
	if (w->link.has_mac && memcmp(w->link.mac, none, sizeof(none)) == 0) {
		struct vf_link rest = w->link;

		rest.has_mac = false;
		log_debug("%s: virtual function %u keeps the address that thole gave it", pf.net, w->vf);
		err = rest.has_vlan || rest.has_trust ? vf_link_write(pf.net, w->vf, &rest) : 0;
	}
	pci_addr_format(w->addr, name);
	return err ? log_errno(err, "%s: cannot put back what %s had for virtual function %u: %m", name, pf.net, w->vf) : 0;
}

/* The value of KEY=VALUE; "" without one. */
static void value_read(const char *entry, const char *key, char *buf, size_t size)
{
	const char *at = strstr(entry, key);

	at = at ? at + strlen(key) : "";
	snprintf(buf, size, "%.*s", (int)strcspn(at, " "), at);
}

static uint32_t value_number(const char *entry, const char *key, bool *there)
{
	char number[16];

	value_read(entry, key, number, sizeof(number));
	*there = *number != '\0';
	return (uint32_t)strtoul(number, NULL, 10);
}

static void link_read(const char *entry, struct was *w)
{
	char mac[24];
	bool there;

	w->vf = value_number(entry, " vf=", &there);
	value_read(entry, " mac=", mac, sizeof(mac));
	w->link.has_mac = vf_link_mac_parse(mac, true, w->link.mac);
	w->link.vlan = (uint16_t)value_number(entry, " vlan=", &w->link.has_vlan);
	w->link.qos = (uint8_t)value_number(entry, " qos=", &there);
	w->link.trust = value_number(entry, " trust=", &w->link.has_trust) != 0;
}

static bool entry_read(const char *entry, struct was *w)
{
	char addr[32];
	bool there;

	*w = (struct was){ 0 };
	if (sscanf(entry, "%7s %31s", w->kind, addr) != 2 || !pci_addr_parse(addr, &w->addr))
		return false;
	value_read(entry, " driver=", w->driver, sizeof(w->driver));
	value_read(entry, " override=", w->override, sizeof(w->override));
	w->count = value_number(entry, " count=", &there);
	w->autoprobe = value_number(entry, " autoprobe=", &there);
	link_read(entry, w);
	return !strchr(w->driver, '/') && !strchr(w->override, '/');
}

bool pci_entry_binds(const char *entry, struct pci_addr addr)
{
	struct was w;

	return entry_read(entry, &w) && strcmp(w.kind, "bind") == 0 && pci_addr_equal(w.addr, addr);
}

int pci_undo(void *ctx, const char *entry)
{
	const struct host_tree *t = ctx;
	struct was w;

	if (!entry_read(entry, &w))
		return log_errno(-EINVAL, "\"%.80s\" is no entry that can be put back", entry);
	if (strcmp(w.kind, "bind") == 0)
		return bind_undo(t, &w);
	if (strcmp(w.kind, "vfs") == 0)
		return vfs_undo(t, &w);
	if (strcmp(w.kind, "vflink") == 0)
		return link_undo(t, &w);
	return log_errno(-EINVAL, "\"%.80s\" is no entry that can be put back", entry);
}

static int bind_check(const struct host_tree *t, const struct pci_dev *d, const char *name, bool force)
{
	struct pci_use use;

	if (pci_dev_is_bridge(d))
		return log_errno(-EINVAL, "%s is a bridge, which stays with the host; hand over the devices behind it", name);
	if (d->group < 0)
		return log_errno(-ENODEV,
			"%s has no IOMMU group; turn on VT-d or AMD-Vi in the firmware, and boot with intel_iommu=on on Intel",
			name);
	pci_use(t, d, &use);
	if (use.busy && !force)
		return log_errno(-EBUSY, "%s: %s; free it first, or --force", name, use.why);
	if (use.busy)
		log_warn("%s: %s; it is taken away all the same", name, use.why);
	return 0;
}

int pci_bind(const struct host_tree *t, struct ledger *l, struct pci_addr addr, bool force)
{
	char name[PCI_ADDR_TEXT], entry[LEDGER_LINE];
	struct pci_dev d;
	int err;

	pci_addr_format(addr, name);
	if (pci_dev_read(t, addr, &d) != 0)
		return log_errno(-ENODEV, "%s: there is no such device; thole pci list shows them", name);
	if (strcmp(d.driver, VFIO_PCI) == 0)
		return 0;
	if ((err = bind_check(t, &d, name, force)) != 0 || (err = driver_have(t)) != 0)
		return err;
	snprintf(entry, sizeof(entry), "bind %s driver=%s override=%s", name, d.driver, d.override);
	if ((err = ledger_note(l, entry)) != 0)
		return err;
	err = to_vfio(t, name);
	if (!err)
		return 0;
	log_errno(err, "%s: cannot bind it to " VFIO_PCI ": %m%s", name,
		err == -EACCES || err == -EPERM ? "; are you root?" : "; see dmesg");
	/* What cannot be undone now stays in the ledger. */
	if (pci_undo((void *)(uintptr_t)t, entry) == 0 && ledger_strike(l, entry) != 0)
		log_debug("%s: it is given back, and will be once more", name);
	return err;
}

int pci_vfs_set(const struct host_tree *t, struct ledger *l, struct pci_addr addr, uint32_t nr)
{
	char name[PCI_ADDR_TEXT], entry[LEDGER_LINE];
	struct pci_dev d;
	uint32_t autoprobe;
	int err;

	pci_addr_format(addr, name);
	if (pci_dev_read(t, addr, &d) != 0)
		return log_errno(-ENODEV, "%s: there is no such device; thole pci list shows them", name);
	if (nr > d.vfs_max)
		return log_errno(-EINVAL, d.vfs_max ? "%s has %u virtual functions at most" : "%s has no virtual functions",
			name, d.vfs_max);
	if (nr == d.vfs)
		return 0;
	autoprobe = (uint32_t)tree_number(t, 1, PCI_SYS "/%s/sriov_drivers_autoprobe", name);
	snprintf(entry, sizeof(entry), "vfs %s count=%u autoprobe=%u", name, d.vfs, autoprobe);
	if ((err = ledger_note(l, entry)) != 0)
		return err;
	err = vfs_put(t, name, nr, 0);
	return err ? log_errno(err, "%s: cannot have %u virtual functions: %m; see dmesg", name, nr) : 0;
}

int pci_vf_find(const struct host_tree *t, struct pci_addr pf, uint32_t n, struct pci_addr *vf)
{
	char name[PCI_ADDR_TEXT], to[32];

	tree_link(t, to, sizeof(to), PCI_SYS "/%s/virtfn%u", pci_addr_format(pf, name), n);
	return pci_addr_parse(to, vf) ? 0 : -ENODEV;
}

/* What of it is to be changed, as it is now. */
static void link_entry(char entry[static LEDGER_LINE], const char *pf, uint32_t n, const struct vf_link *want,
	const struct vf_link *now)
{
	char mac[18];
	int at = snprintf(entry, LEDGER_LINE, "vflink %s vf=%u", pf, n);

	if (want->has_mac && now->has_mac)
		at += snprintf(entry + at, LEDGER_LINE - (size_t)at, " mac=%s", vf_link_mac_format(now->mac, mac));
	if (want->has_vlan && now->has_vlan)
		at += snprintf(entry + at, LEDGER_LINE - (size_t)at, " vlan=%u qos=%u", now->vlan, now->qos);
	if (want->has_trust && now->has_trust)
		snprintf(entry + at, LEDGER_LINE - (size_t)at, " trust=%u", now->trust);
}

int pci_vf_link(const struct host_tree *t, struct ledger *l, struct pci_addr vf, const struct vf_link *want)
{
	char name[PCI_ADDR_TEXT], pf_name[PCI_ADDR_TEXT], entry[LEDGER_LINE];
	struct pci_addr other;
	struct pci_dev d, pf;
	struct vf_link now;
	uint32_t n = 0;
	int err;

	pci_addr_format(vf, name);
	if (pci_dev_read(t, vf, &d) != 0 || !d.is_vf || pci_dev_read(t, d.pf, &pf) != 0)
		return log_errno(-ENODEV, "%s: it is no virtual function", name);
	pci_addr_format(d.pf, pf_name);
	if (!*pf.net)
		return log_errno(-ENODEV, "%s: its physical function %s has no network interface, so no mac=, vlan= or trust=",
			name, pf_name);
	if (!(tree_number(t, 1, "sys/class/net/%s/flags", pf.net) & 1)) /* IFF_UP */
		log_warn("%s: its card's interface %s is down, with which some don't answer their virtual functions: "
			 "ip link set %s up",
			name, pf.net, pf.net);
	while ((err = pci_vf_find(t, d.pf, n, &other)) == 0 && !pci_addr_equal(other, vf))
		n++;
	if (!err)
		err = vf_link_read(pf.net, n, &now);
	if (err)
		return log_errno(err, "%s: what %s has for it is not known: %m%s", name, pf.net,
			err == -ELIBACC ? "; apt-get install libmnl0" : "");
	link_entry(entry, pf_name, n, want, &now);
	if ((err = ledger_note(l, entry)) != 0)
		return err;
	err = vf_link_write(pf.net, n, want);
	return err ? log_errno(err, "%s: %s does not take its MAC, VLAN or trust: %m%s", name, pf.net,
			     err == -EPERM ? "; are you root?" : err == -EOPNOTSUPP ? "; its driver cannot" : "") : 0;
}
