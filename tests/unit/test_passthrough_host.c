/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_passthrough_host.c - a recorded server's PCI devices: facts, verdicts, binding and giving back. */
#include "tests/unit/unit.h"

#include <stdbool.h>

#include "passthrough/device_spec.h"
#include "passthrough/pci_bind.h"
#include "passthrough/pci_verdict.h"
#include "tests/unit/host_files.h"

static char root[64], dir[80];
static struct host_tree tree;
static bool refuses; /* no driver takes a device */

static struct pci_addr addr(const char *text)
{
	struct pci_addr a = { 0 };

	assert_true(pci_addr_parse(text, &a));
	return a;
}

static void driver_put(const char *name, const char *driver)
{
	char path[128], target[192], made[96];

	snprintf(path, sizeof(path), PCI_SYS "/%s/driver", name);
	snprintf(target, sizeof(target), "%s/sys/bus/pci/drivers/%s", root, driver);
	snprintf(made, sizeof(made), "sys/bus/pci/drivers/%s/", driver);
	host_dirs(root, made);
	host_link(root, path, target);
}

/* The kernel: what it does when these files are written to. */
static int kernel_write(void *ctx, const char *path, const char *text)
{
	char at[PATH_MAX], override[48], word[64];

	(void)ctx;
	if (sscanf(path, "sys/bus/pci/drivers/%63[^/]/bind", word) == 1 && strstr(path, "/bind")) {
		if (refuses)
			return -ENODEV;
		driver_put(text, word);
		return 0;
	}
	if (strstr(path, "/driver/unbind")) {
		snprintf(at, sizeof(at), "%s/" PCI_SYS "/%s/driver", root, text);
		return unlink(at) < 0 ? -errno : 0;
	}
	if (strcmp(path, "sys/bus/pci/drivers_probe") == 0) {
		tree_line(&tree, override, sizeof(override), PCI_SYS "/%s/driver_override", text);
		if (!refuses && override[0] && strcmp(override, "(null)") != 0)
			driver_put(text, override);
		return 0;
	}
	host_file(root, path, strcmp(text, "\n") == 0 ? "(null)" : text);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/thole-test-XXXXXX");
	assert_non_null(mkdtemp(root));
	host_unpack(root, "tests/data/pci/server.tree");
	snprintf(dir, sizeof(dir), "%s/run", root);
	tree = (struct host_tree){ .root = root, .write = kernel_write };
	refuses = false;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	host_remove(root);
	return 0;
}

static void addresses(void **state)
{
	static const char *const bad[] = { "", "0", "00:00", "00:20.0", "00:00.8", "00:00.0 ", "x0:00.0", "0:0:0:0.0",
		"100:00.0", "123456:00:00.0", "00:00.", ":00:00.0", "00.0:00" };
	struct pci_addr a;
	char text[PCI_ADDR_TEXT];

	(void)state;
	assert_true(pci_addr_parse("3b:00.1", &a));
	assert_string_equal(pci_addr_format(a, text), "0000:3b:00.1");
	assert_true(pci_addr_parse("10000:E1:1f.7", &a));
	assert_string_equal(pci_addr_format(a, text), "10000:e1:1f.7");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(pci_addr_parse(bad[i], &a));
}

static void facts(void **state)
{
	struct pci_devs devs;
	const struct pci_dev *d;

	(void)state;
	assert_int_equal(pci_devs_read(&tree, &devs), 0);
	assert_int_equal(devs.nr, 16);
	d = pci_devs_find(&devs, addr("82:00.2"));
	assert_non_null(d);
	assert_int_equal(d->vendor, 0x15b3);
	assert_int_equal(d->group, 44);
	assert_int_equal(d->node.os, 1);
	assert_string_equal(d->cpus, "8-15");
	assert_string_equal(d->driver, "vfio-pci");
	assert_string_equal(d->reset, "flr");
	assert_true(d->is_vf);
	assert_true(pci_addr_equal(d->pf, addr("82:00.0")));
	d = pci_devs_find(&devs, addr("82:00.0"));
	assert_int_equal(d->vfs, 2);
	assert_int_equal(d->vfs_max, 8);
	assert_string_equal(pci_class_word(d->class), "network");
	d = pci_devs_find(&devs, addr("00:1d.0"));
	assert_int_equal(d->group, -1);
	assert_int_equal(d->node.os, -1);
	assert_null(pci_devs_find(&devs, addr("99:00.0")));
	pci_devs_fini(&devs);
}

static void verdict_is(const struct pci_devs *devs, const char *name, enum pci_can can, const char *why)
{
	const struct pci_dev *d = pci_devs_find(devs, addr(name));
	struct pci_verdict v;
	struct pci_use use;

	assert_non_null(d);
	pci_use(&tree, d, &use);
	pci_verdict(devs, d, &use, &v);
	if (v.can != can || !strstr(v.why, why))
		print_error("%s: %s, %s\n", name, pci_can_word(v.can), v.why);
	assert_int_equal(v.can, can);
	assert_non_null(strstr(v.why, why));
	assert_true(can == PCI_CAN_READY || *v.remedy);
}

static void verdicts(void **state)
{
	struct pci_devs devs;

	(void)state;
	assert_int_equal(pci_devs_read(&tree, &devs), 0);
	verdict_is(&devs, "00:01.0", PCI_CANNOT, "bridge");
	verdict_is(&devs, "01:00.0", PCI_CAN_FORCED, "its disk nvme0n1p2 is mounted at /");
	verdict_is(&devs, "81:00.0", PCI_CAN_BIND, "");
	verdict_is(&devs, "02:00.0", PCI_CAN_FORCED, "its interface eno0 carries the default route, as a part of bond0");
	verdict_is(&devs, "02:00.1", PCI_CAN_BIND, "");
	verdict_is(&devs, "82:00.0", PCI_CANNOT, "virtual functions in use");
	verdict_is(&devs, "82:00.2", PCI_CAN_READY, "");
	verdict_is(&devs, "82:00.3", PCI_CAN_BIND, "");
	verdict_is(&devs, "03:00.0", PCI_CANNOT, "shared with 0000:03:00.1, which snd_hda_intel drives");
	verdict_is(&devs, "00:1f.3", PCI_CANNOT, "cannot be reset");
	verdict_is(&devs, "00:1d.0", PCI_CANNOT, "no IOMMU group");
	pci_devs_fini(&devs);
}

static void in_use(void **state)
{
	struct pci_dev d;
	struct pci_use use;

	(void)state;
	assert_int_equal(pci_dev_read(&tree, addr("81:00.0"), &d), 0);
	pci_use(&tree, &d, &use);
	assert_false(use.busy);
	host_dirs(root, "sys/devices/pci0000:80/0000:80:01.0/0000:81:00.0/nvme/nvme1/nvme1n1/holders/dm-3/");
	pci_use(&tree, &d, &use);
	assert_string_equal(use.why, "its disk nvme1n1 is part of dm-3");
	host_file(root, "proc/swaps", "Filename Type\\n/dev/nvme1n1 partition");
	pci_use(&tree, &d, &use);
	assert_string_equal(use.why, "the host swaps to its disk nvme1n1");
	/* btrfs mounts by a number of its own */
	host_file(root, "proc/self/mountinfo", "25 1 0:30 / /home rw - btrfs /dev/nvme1n1 rw");
	pci_use(&tree, &d, &use);
	assert_string_equal(use.why, "its disk nvme1n1 is mounted at /home");
	assert_int_equal(pci_dev_read(&tree, addr("02:00.1"), &d), 0);
	host_file(root, "proc/net/ipv6_route",
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eno1");
	pci_use(&tree, &d, &use);
	assert_string_equal(use.why, "its interface eno1 carries the default route");
}

static const char *driver_of(const char *name)
{
	static char text[48];

	return tree_link(&tree, text, sizeof(text), PCI_SYS "/%s/driver", name);
}

static const char *override_of(const char *name)
{
	static char text[48];

	return tree_line(&tree, text, sizeof(text), PCI_SYS "/%s/driver_override", name);
}

static void bound_and_given_back(void **state)
{
	struct ledger l;
	uint32_t undone;

	(void)state;
	assert_int_equal(ledger_open(&l, dir, PCI_LEDGER, LEDGER_KEPT), 0);
	assert_int_equal(pci_bind(&tree, &l, addr("81:00.0"), false), 0);
	assert_int_equal(pci_bind(&tree, &l, addr("82:00.3"), false), 0);
	assert_int_equal(pci_bind(&tree, &l, addr("82:00.2"), false), 0); /* it was: nothing to put back */
	ledger_close(&l);
	assert_string_equal(driver_of("0000:81:00.0"), "vfio-pci");
	assert_string_equal(driver_of("0000:82:00.3"), "vfio-pci");
	assert_int_equal(ledger_recover(dir, PCI_LEDGER, true, pci_undo, &tree, &undone), 0);
	assert_int_equal(undone, 2);
	assert_string_equal(driver_of("0000:81:00.0"), "nvme");
	assert_string_equal(override_of("0000:81:00.0"), "(null)");
	assert_string_equal(driver_of("0000:82:00.3"), "");
	assert_string_equal(driver_of("0000:82:00.2"), "vfio-pci");
}

static void refused(void **state)
{
	struct ledger l;

	(void)state;
	assert_int_equal(ledger_open(&l, dir, PCI_LEDGER, LEDGER_KEPT), 0);
	assert_int_equal(pci_bind(&tree, &l, addr("01:00.0"), false), -EBUSY);
	assert_string_equal(driver_of("0000:01:00.0"), "nvme");
	assert_int_equal(pci_bind(&tree, &l, addr("02:00.0"), false), -EBUSY);
	assert_int_equal(pci_bind(&tree, &l, addr("00:01.0"), true), -EINVAL);
	assert_int_equal(pci_bind(&tree, &l, addr("00:1d.0"), true), -ENODEV);
	assert_int_equal(pci_bind(&tree, &l, addr("99:00.0"), true), -ENODEV);
	assert_int_equal(pci_bind(&tree, &l, addr("02:00.0"), true), 0); /* --force */
	ledger_close(&l);
}

static void a_failed_bind_is_undone(void **state)
{
	struct ledger l;
	uint32_t undone;

	(void)state;
	refuses = true;
	assert_int_equal(ledger_open(&l, dir, PCI_LEDGER, LEDGER_KEPT), 0);
	assert_int_equal(pci_bind(&tree, &l, addr("81:00.0"), false), -ENODEV);
	assert_string_equal(override_of("0000:81:00.0"), "(null)");
	ledger_close(&l);
	/* Its own driver did not take it either: that stays to be done. */
	refuses = false;
	assert_int_equal(ledger_recover(dir, PCI_LEDGER, true, pci_undo, &tree, &undone), 0);
	assert_string_equal(driver_of("0000:81:00.0"), "nvme");
}

static void virtual_functions(void **state)
{
	struct ledger l;
	char text[16];
	uint32_t undone;

	(void)state;
	assert_int_equal(ledger_open(&l, dir, PCI_LEDGER, LEDGER_KEPT), 0);
	assert_int_equal(pci_vfs_set(&tree, &l, addr("02:00.1"), 8), -EINVAL);
	assert_int_equal(pci_vfs_set(&tree, &l, addr("81:00.0"), 1), -EINVAL);
	assert_int_equal(pci_vfs_set(&tree, &l, addr("02:00.1"), 4), 0);
	ledger_close(&l);
	assert_string_equal(tree_line(&tree, text, sizeof(text), PCI_SYS "/0000:02:00.1/sriov_numvfs"), "4");
	assert_string_equal(tree_line(&tree, text, sizeof(text), PCI_SYS "/0000:02:00.1/sriov_drivers_autoprobe"), "0");
	assert_int_equal(ledger_recover(dir, PCI_LEDGER, true, pci_undo, &tree, &undone), 0);
	assert_string_equal(tree_line(&tree, text, sizeof(text), PCI_SYS "/0000:02:00.1/sriov_numvfs"), "0");
	assert_string_equal(tree_line(&tree, text, sizeof(text), PCI_SYS "/0000:02:00.1/sriov_drivers_autoprobe"), "1");
}

static void entries_are_checked(void **state)
{
	static const char *const bad[] = { "", "bind", "bind x", "steal 0000:81:00.0 driver=nvme", "bind 81:00.0 driver=../x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(pci_undo(&tree, bad[i]), -EINVAL);
	assert_int_equal(pci_undo(&tree, "bind 0000:99:00.0 driver=nvme override="), 0); /* pulled out meanwhile */
	assert_true(pci_entry_binds("bind 0000:81:00.0 driver= override=", addr("81:00.0")));
	assert_false(pci_entry_binds("vfs 0000:81:00.0 count=1", addr("81:00.0")));
}

static void specs(void **state)
{
	static const char *const bad[] = { "", "x", "class", "class=", "class=bridge", "class=networks", "node=0",
		"vf=", "vf=x", "class=network,node=", "class=network,node=-1", "class=network,node=x", "vf=82:00.0,speed=9",
		"0000:82:00.0,node=1", "vf=82:00.0,mac=52:54:00:01:02", "vf=82:00.0,mac=53:54:00:01:02:03",
		"vf=82:00.0,mac=00:00:00:00:00:00", "vf=82:00.0,mac=5:54:00:01:02:0003", "vf=82:00.0,vlan=4095",
		"vf=82:00.0,vlan=-1", "vf=82:00.0,vlan=", "vf=82:00.0,trust=yes", "class=network,vlan=7" };
	static const uint8_t mac[] = { 0x52, 0x54, 0x00, 0x0a, 0x0B, 0x03 };
	struct device_spec s;
	char why[256];

	(void)state;
	assert_int_equal(device_spec_parse("82:00.3", &s, why, sizeof(why)), 0);
	assert_int_equal(s.by, DEVICE_BY_ADDR);
	assert_int_equal(device_spec_parse("node=1,class=storage", &s, why, sizeof(why)), 0);
	assert_int_equal(s.by, DEVICE_BY_CLASS);
	assert_int_equal(s.node, 1);
	assert_int_equal(device_spec_parse("vf=82:00.0", &s, why, sizeof(why)), 0);
	assert_int_equal(s.by, DEVICE_BY_PF);
	assert_true(vf_link_is_empty(&s.link));
	assert_int_equal(device_spec_parse("vf=82:00.0,mac=52:54:00:0a:0B:03,vlan=4094,trust=off", &s, why, sizeof(why)), 0);
	assert_true(s.link.has_mac && s.link.has_vlan && s.link.has_trust && !s.link.trust);
	assert_memory_equal(s.link.mac, mac, sizeof(mac));
	assert_int_equal(s.link.vlan, 4094);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		why[0] = '\0';
		assert_int_equal(device_spec_parse(bad[i], &s, why, sizeof(why)), -EINVAL);
		assert_true(*why);
	}
}

/* Where a card has no virtual functions, it can be made to have some; where it has, it has to do with them. */
static void cards_that_can_have_functions(void **state)
{
	struct device_candidate c[32] = { 0 };
	struct pci_devs devs;
	struct device_spec s;
	char why[256];
	int i;

	(void)state;
	assert_int_equal(pci_devs_read(&tree, &devs), 0);
	for (uint32_t k = 0; k < devs.nr; k++)
		c[k].dev = &devs.at[k];
	assert_int_equal(device_spec_parse("vf=02:00.1", &s, why, sizeof(why)), 0);
	i = device_choose_pf(&s, c, devs.nr);
	assert_true(i >= 0 && pci_addr_equal(c[i].dev->addr, addr("02:00.1")));
	c[i].taken = true; /* handed over whole */
	assert_int_equal(device_choose_pf(&s, c, devs.nr), -1);
	assert_int_equal(device_spec_parse("vf=82:00.0", &s, why, sizeof(why)), 0); /* it has two */
	assert_int_equal(device_choose_pf(&s, c, devs.nr), -1);
	assert_int_equal(device_spec_parse("vf=81:00.0", &s, why, sizeof(why)), 0); /* it cannot have any */
	assert_int_equal(device_choose_pf(&s, c, devs.nr), -1);
	assert_int_equal(device_spec_parse("class=network", &s, why, sizeof(why)), 0);
	assert_int_equal(device_choose_pf(&s, c, devs.nr), -1);
	pci_devs_fini(&devs);
}

static void functions_of_a_card(void **state)
{
	struct pci_addr vf;

	(void)state;
	assert_int_equal(pci_vf_find(&tree, addr("82:00.0"), 1, &vf), 0);
	assert_true(pci_addr_equal(vf, addr("82:00.3")));
	assert_int_equal(pci_vf_find(&tree, addr("82:00.0"), 2, &vf), -ENODEV);
	assert_int_equal(pci_vf_find(&tree, addr("81:00.0"), 0, &vf), -ENODEV);
	/* What was laid down for one that is gone meanwhile needs nothing. */
	assert_int_equal(pci_undo(&tree, "vflink 0000:82:00.0 vf=7 mac=00:00:00:00:00:00 vlan=0 qos=0 trust=0"), 0);
	assert_int_equal(pci_undo(&tree, "vflink 0000:99:00.0 vf=0 trust=0"), 0);
}

/* What is asked for is understood by the parser that reads the kernel's answers, which have the same form. */
static void messages_for_functions(void **state)
{
	const struct vf_link want = { true, true, true, { 0x52, 0x54, 0, 1, 2, 3 }, 7, 5, true }, mac = { .has_mac = true };
	struct vf_link got;
	_Alignas(8) char buf[1024] = { 0 };
	struct nlmsghdr *m = (void *)buf;

	(void)state;
	m->nlmsg_len = sizeof(*m);
	vf_link_build(m, 3, 2, &want);
	assert_true(vf_link_parse(m, 2, &got));
	assert_memory_equal(got.mac, want.mac, sizeof(got.mac));
	assert_true(got.has_vlan && got.vlan == 7 && got.qos == 5 && got.has_trust && got.trust);
	assert_false(vf_link_parse(m, 1, &got)); /* another's */
	memset(buf, 0, sizeof(buf));
	m->nlmsg_len = sizeof(*m);
	vf_link_build(m, 3, 2, &mac);
	assert_true(vf_link_parse(m, 2, &got));
	assert_false(got.has_vlan || got.has_trust);
	m->nlmsg_len = sizeof(*m); /* cut */
	assert_false(vf_link_parse(m, 2, &got));
}

/* The device that is chosen, or NULL and the reason in why. */
static const char *chosen(struct device_candidate *c, uint32_t nr, const char *text, bool force, char *why, size_t size)
{
	static char name[PCI_ADDR_TEXT];
	struct device_spec s;
	int i;

	assert_int_equal(device_spec_parse(text, &s, why, size), 0);
	i = device_choose(&s, c, nr, force, why, size);
	if (i < 0)
		return NULL;
	c[i].taken = true;
	return pci_addr_format(c[i].dev->addr, name);
}

static void choices(void **state)
{
	struct device_candidate c[32] = { 0 };
	struct pci_devs devs;
	struct pci_use use;
	char why[512];

	(void)state;
	assert_int_equal(pci_devs_read(&tree, &devs), 0);
	for (uint32_t i = 0; i < devs.nr; i++) {
		c[i].dev = &devs.at[i];
		pci_use(&tree, c[i].dev, &use);
		pci_verdict(&devs, c[i].dev, &use, &c[i].verdict);
	}
#define CHOSEN(text, force) chosen(c, devs.nr, text, force, why, sizeof(why))
	/* A virtual function that is bound; then one that is not; then a whole device; then none is left. */
	assert_string_equal(CHOSEN("class=network", false), "0000:82:00.2");
	assert_string_equal(CHOSEN("class=network", false), "0000:82:00.3");
	assert_string_equal(CHOSEN("class=network", false), "0000:02:00.1");
	assert_null(CHOSEN("class=network", true)); /* what the host uses has to be named */
	assert_null(CHOSEN("vf=82:00.0", false));
	assert_non_null(strstr(why, "taken by another"));
	assert_null(CHOSEN("class=storage,node=0", false));
	assert_non_null(strstr(why, "mounted at /"));
	assert_string_equal(CHOSEN("class=storage,node=1", false), "0000:81:00.0");
	assert_string_equal(CHOSEN("01:00.0", true), "0000:01:00.0");
	assert_null(CHOSEN("03:00.0", true));
	assert_non_null(strstr(why, "thole pci bind 0000:03:00.1"));
	assert_null(CHOSEN("77:00.0", false));
	assert_null(CHOSEN("class=accelerator", false));
	assert_non_null(strstr(why, "no such device"));
	pci_devs_fini(&devs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(facts, setup, teardown),
		cmocka_unit_test_setup_teardown(verdicts, setup, teardown),
		cmocka_unit_test_setup_teardown(in_use, setup, teardown),
		cmocka_unit_test_setup_teardown(bound_and_given_back, setup, teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_bind_is_undone, setup, teardown),
		cmocka_unit_test_setup_teardown(virtual_functions, setup, teardown),
		cmocka_unit_test_setup_teardown(entries_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(specs, setup, teardown),
		cmocka_unit_test_setup_teardown(cards_that_can_have_functions, setup, teardown),
		cmocka_unit_test_setup_teardown(functions_of_a_card, setup, teardown),
		cmocka_unit_test_setup_teardown(messages_for_functions, setup, teardown),
		cmocka_unit_test_setup_teardown(choices, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
