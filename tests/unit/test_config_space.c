/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_config_space.c - configuration spaces of real kinds of devices, and what a guest sees of them.
 *
 * tests/data/pci-config/NAME.txt is a function's space, NAME.guest what is made of it. GOLDEN=write in the
 * environment writes the latter anew; then read the difference before it is committed.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "passthrough/config_caps.h"
#include "passthrough/config_space.h"
#include "tests/unit/config_dump.h"
#include "vmm/pci_cfg.h"

struct dump {
	uint8_t bytes[PCI_CFG_BYTES];
	struct config_input in;
};

static struct dump d;
static struct config_space s;
static struct pci_func f;
static struct device dev;

static void dump_read(const char *name)
{
	uint64_t sizes[PCI_BARS];

	memset(&d, 0, sizeof(d));
	d.in = (struct config_input){ .bytes = d.bytes, .intx = true };
	d.in.size = config_dump_read(name, d.bytes, sizes);
	for (unsigned n = 0; n < PCI_BARS; n++) {
		d.in.bar_size[n] = sizes[n];
		d.in.bar_dev[n] = &dev;
	}
}

static void rows_print(const char *what, const uint8_t *bytes, FILE *out)
{
	static const uint8_t zeroes[16];

	for (unsigned at = 0; at < PCI_CFG_BYTES; at += 16) {
		if (memcmp(&bytes[at], zeroes, 16) == 0)
			continue;
		fprintf(out, "%s %03x:", what, at);
		for (unsigned i = 0; i < 16; i++)
			fprintf(out, " %02x", bytes[at + i]);
		fputc('\n', out);
	}
}

static void result_print(FILE *out)
{
	static const char *const kinds[] = { "ours", "read", "pass" };
	unsigned from = 0;

	for (unsigned at = 1; at <= PCI_CFG_BYTES; at++) {
		if (at < PCI_CFG_BYTES && s.kind[at] == s.kind[from])
			continue;
		if (s.kind[from] != CFG_OURS)
			fprintf(out, "%s %03x-%03x\n", kinds[s.kind[from]], from, at - 1);
		from = at;
	}
	fprintf(out, "hidden %u\n", s.nr_hidden);
	if (s.msi)
		fprintf(out, "msi %02x: %u vectors\n", s.msi, s.msi_vectors);
	if (s.msix)
		fprintf(out, "msix %02x: %u vectors, table %x of BAR %u, pending %x of BAR %u\n", s.msix, s.msix_vectors,
			s.table_at, s.table_bar, s.pba_at, s.pba_bar);
	rows_print("sees", f.cfg, out);
	rows_print("writes", f.mask, out);
}

static void golden(const char *name)
{
	char path[128], *text = NULL, *want;
	size_t size = 0, n;
	FILE *out = open_memstream(&text, &size), *in;

	dump_read(name);
	assert_int_equal(config_space_make(&s, &f, &d.in), 0);
	result_print(out);
	fclose(out);
	snprintf(path, sizeof(path), CONFIG_DUMPS "%s.guest", name);
	if (getenv("GOLDEN")) {
		in = fopen(path, "we");
		assert_non_null(in);
		fwrite(text, 1, size, in);
		fclose(in);
	}
	in = fopen(path, "re");
	assert_non_null(in);
	want = calloc(1, size + 4096);
	n = fread(want, 1, size + 4095, in);
	fclose(in);
	if (n != size || memcmp(want, text, size) != 0)
		print_error("%s: made\n%s\nwanted\n%s\n", name, text, want);
	assert_int_equal(n, size);
	assert_memory_equal(want, text, size);
	free(want);
	free(text);
}

/* "01@60 10@80": numbers and places as a guest that walks the chain finds them. */
static const char *caps_seen(void)
{
	static char text[256];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned at = f.cfg[PCI_CAPABILITY_LIST]; at && n < sizeof(text) - 8; at = f.cfg[at + 1])
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%02x@%02x", n ? " " : "", f.cfg[at], at);
	return text;
}

static const char *extended_seen(void)
{
	static char text[256];
	size_t n = 0;

	text[0] = '\0';
	for (uint32_t at = 0x100, h; at && (h = (uint32_t)cfg_get(f.cfg, at, 4)) && n < sizeof(text) - 12; at = h >> 20)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%04x@%03x", n ? " " : "", h & 0xffff, at);
	return text;
}

struct expected {
	const char *name, *caps, *extended;
	uint16_t vectors;
	uint8_t pin;
};

/* Written down by hand, from what each device has and the tables say. */
static const struct expected expected[] = {
	{ "mellanox-vf", "10@60 11@9c", "", 11, 0 },
	{ "x710-pf", "01@40 05@50 11@70 10@a0 03@e0", "0000@100 0003@140", 129, 1 },
	{ "x710-vf", "11@70 10@a0", "", 5, 0 },
	{ "e810-pf", "01@40 05@50 11@70 10@a0 03@e0", "0000@100 0003@148", 256, 1 },
	{ "e810-vf", "11@70 10@a0", "", 17, 0 },
	{ "nvme", "01@40 05@50 10@70 11@b0", "0000@100 0003@148", 33, 1 },
	{ "qemu-nvme", "11@40 10@80 01@60", "", 65, 1 },
	{ "nvidia-gpu", "01@60 09@b4 10@78 11@c8", "0000@100 000b@600", 6, 1 },
	{ "e1000e", "01@c8 05@d0 10@e0 11@a0", "0000@100 0003@140", 5, 1 },
	{ "odd", "09@58 09@5c 05@64 10@90", "000b@100 0023@10c", 0, 1 },
};

static void devices(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct expected *e = &expected[i];

		golden(e->name);
		assert_string_equal(caps_seen(), e->caps);
		assert_string_equal(extended_seen(), e->extended);
		assert_int_equal(s.msix_vectors, e->vectors);
		assert_int_equal(f.cfg[PCI_INTERRUPT_PIN], e->pin);
		/* What a guest must not find: a link, a multifunction header, an expansion ROM. */
		assert_int_equal(f.cfg[PCI_HEADER_TYPE], 0);
		assert_int_equal(cfg_get(f.cfg, PCI_ROM_ADDRESS, 4), 0);
		if (s.pcie) {
			assert_int_equal(f.cfg[s.pcie + PCI_EXP_FLAGS] >> 4 & 0xf, PCI_EXP_TYPE_RC_END);
			assert_int_equal(cfg_get(f.cfg, s.pcie + PCI_EXP_LNKCAP, 4), 0);
		}
	}
}

static void no_bridge(void **state)
{
	(void)state;
	dump_read("bridge");
	assert_int_equal(config_space_make(&s, &f, &d.in), -EINVAL);
}

static void no_line(void **state)
{
	(void)state;
	dump_read("e1000e");
	d.in.intx = false;
	assert_int_equal(config_space_make(&s, &f, &d.in), 0);
	assert_int_equal(f.cfg[PCI_INTERRUPT_PIN], 0);
}

static void bars_are_sized_as_usual(void **state)
{
	(void)state;
	dump_read("nvidia-gpu");
	assert_int_equal(config_space_make(&s, &f, &d.in), 0);
	assert_int_equal(f.bar[1].space, PCI_MEM64);
	assert_true(f.bar[1].prefetchable);
	assert_true(f.bar[1].size == GiB(64));
	assert_int_equal(f.bar[2].space, PCI_NONE);
	assert_int_equal(cfg_get(f.mask, 0x14, 4), 0);
	assert_int_equal(cfg_get(f.mask, 0x18, 4), 0xfffffff0);
}

static void a_short_space_has_no_extended_part(void **state)
{
	(void)state;
	dump_read("nvme");
	d.in.size = 256;
	assert_int_equal(config_space_make(&s, &f, &d.in), 0);
	assert_string_equal(extended_seen(), "");
	d.in.size = 64;
	assert_int_equal(config_space_make(&s, &f, &d.in), -EINVAL);
}

static void each_rule_says_why(void **state)
{
	(void)state;
	for (unsigned id = 0; id < 0x40; id++) {
		assert_true(strlen(cap_rule((uint8_t)id)->why) > 5);
		assert_true(strlen(cap_rule_extended((uint16_t)id)->why) > 5);
	}
	/* What no guest may ever see: the host's topology and isolation. */
	assert_int_equal(cap_rule_extended(PCI_EXT_CAP_ID_ACS)->fate, CAP_HIDDEN);
	assert_int_equal(cap_rule_extended(PCI_EXT_CAP_ID_SRIOV)->fate, CAP_HIDDEN);
	assert_int_equal(cap_rule_extended(PCI_EXT_CAP_ID_ATS)->fate, CAP_HIDDEN);
	assert_int_equal(cap_rule_extended(0x3ff)->fate, CAP_HIDDEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices),
		cmocka_unit_test(no_bridge),
		cmocka_unit_test(no_line),
		cmocka_unit_test(bars_are_sized_as_usual),
		cmocka_unit_test(a_short_space_has_no_extended_part),
		cmocka_unit_test(each_rule_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
