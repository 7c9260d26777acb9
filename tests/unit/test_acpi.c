/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_acpi.c - tables: sums, lengths, places, and that they say what the topology says. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/acpi/acpi.h"

struct machine {
	struct topology topology;
	struct ram_layout ram;
	struct acpi_config cfg;
	struct acpi_tables tables;
};

static uint64_t get(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	memcpy(&v, p, bytes);
	return v;
}

static unsigned sum(const uint8_t *p, uint64_t size)
{
	unsigned s = 0;

	for (uint64_t i = 0; i < size; i++)
		s += p[i];
	return s & 0xff;
}

/* nr_cpus dealt out to the first cpu_nodes of nr_nodes; node_bytes as ram_layout_make() has it. */
static void machine_describe(
	struct machine *m, uint32_t nr_cpus, uint32_t cpu_nodes, uint32_t nr_nodes)
{
	struct topology *t = &m->topology;

	*m = (struct machine){ 0 };
	assert_int_equal(topology_flat(t, nr_cpus), 0);
	t->nr_nodes = nr_nodes;
	t->distance = realloc(t->distance, (size_t)nr_nodes * nr_nodes);
	for (uint32_t i = 0; i < nr_nodes * nr_nodes; i++)
		t->distance[i] = i / nr_nodes == i % nr_nodes ? 10 : (uint8_t)(11 + i);
	for (uint32_t i = 0; i < nr_cpus; i++) {
		t->cpu[i].node = t->cpu[i].package = i * cpu_nodes / nr_cpus;
		t->cpu[i].core = i % ((nr_cpus + cpu_nodes - 1) / cpu_nodes);
	}
	m->cfg = acpi_config_default(t, NULL);
}

static void machine_build(struct machine *m, const uint64_t *node_bytes)
{
	uint64_t size = acpi_size(&m->cfg);

	assert_true(size && is_aligned(size, KiB(4)));
	assert_int_equal(ram_layout_make(&m->ram, node_bytes, m->topology.nr_nodes, size, 46), 0);
	m->cfg.ram = &m->ram;
	m->cfg.mmio64 = m->ram.mmio64;
	assert_int_equal(acpi_build(&m->cfg, m->ram.acpi.base, m->ram.acpi.size, &m->tables), 0);
	assert_in_range(m->tables.size, 1, m->ram.acpi.size);
}

static void machine_fini(struct machine *m)
{
	acpi_tables_fini(&m->tables);
	topology_fini(&m->topology);
}

static const uint8_t *at_gpa(const struct machine *m, gpa_t gpa)
{
	assert_true(range_holds((struct range){ m->ram.acpi.base, m->tables.size }, gpa, 36));
	return m->tables.bytes + (gpa - m->ram.acpi.base);
}

/* A table at gpa: its length within the bytes, its sum 0. */
static const uint8_t *table_at(const struct machine *m, gpa_t gpa)
{
	const uint8_t *t = at_gpa(m, gpa);
	uint64_t length = get(t + 4, 4);

	assert_true(is_aligned(gpa, 64));
	assert_in_range(length, 36, m->ram.acpi.base + m->tables.size - gpa);
	assert_int_equal(sum(t, length), 0);
	return t;
}

static const uint8_t *table_find(const struct machine *m, const char *signature)
{
	const uint8_t *xsdt = table_at(m, get(m->tables.rsdp + 24, 8));
	uint64_t length = get(xsdt + 4, 4);

	for (uint64_t i = 36; i < length; i += 8) {
		const uint8_t *t = table_at(m, get(xsdt + i, 8));

		if (!memcmp(t, signature, 4))
			return t;
	}
	return NULL;
}

static void assert_rsdp(const struct machine *m)
{
	const uint8_t *r = m->tables.rsdp;

	assert_memory_equal(r, "RSD PTR ", 8);
	assert_int_equal(sum(r, 20), 0);
	assert_int_equal(sum(r, 36), 0);
	assert_int_equal(r[15], 2);
	assert_int_equal(get(r + 16, 4), 0);
	assert_memory_equal(table_at(m, get(r + 24, 8)), "XSDT", 4);
}

/* Every vCPU once, in order; one I/O APIC; a line for all NMIs; nothing else. */
static void assert_madt(const struct machine *m)
{
	const uint8_t *madt = table_find(m, "APIC");
	uint64_t length = get(madt + 4, 4);
	uint32_t cpus = 0;
	uint32_t ioapics = 0;
	uint32_t nmis = 0;

	assert_int_equal(get(madt + 36, 4), LAYOUT_LAPIC_BASE);
	assert_int_equal(get(madt + 40, 4), 0);
	for (uint64_t i = 44; i < length; i += madt[i + 1]) {
		const uint8_t *e = madt + i;

		assert_true(e[1] >= 2 && i + e[1] <= length);
		switch (e[0]) {
		case 9:
			assert_int_equal(e[1], 16);
			assert_int_equal(get(e + 4, 4), topology_apicid(&m->topology, cpus).id);
			assert_int_equal(get(e + 8, 4), 1);
			assert_int_equal(get(e + 12, 4), cpus++);
			break;
		case 1:
			assert_int_equal(get(e + 4, 4), LAYOUT_IOAPIC_BASE);
			assert_int_equal(get(e + 8, 4), 0);
			ioapics++;
			break;
		case 10:
			assert_int_equal(get(e + 4, 4), UINT32_MAX);
			assert_int_equal(e[8], 1);
			nmis++;
			break;
		default: fail_msg("MADT entry of type %u", e[0]);
		}
	}
	assert_int_equal(cpus, m->topology.nr_cpus);
	assert_int_equal(ioapics, 1);
	assert_int_equal(nmis, 1);
}

static void assert_srat(const struct machine *m)
{
	const uint8_t *srat = table_find(m, "SRAT");
	uint64_t length = get(srat + 4, 4);
	uint32_t cpus = 0;
	uint32_t ranges = 0;

	for (uint64_t i = 48; i < length; i += srat[i + 1]) {
		const uint8_t *e = srat + i;

		assert_true(e[1] >= 2 && i + e[1] <= length);
		if (e[0] == 2) {
			assert_int_equal(get(e + 4, 4), m->topology.cpu[cpus].node);
			assert_int_equal(get(e + 8, 4), topology_apicid(&m->topology, cpus).id);
			assert_int_equal(get(e + 12, 4), 1);
			cpus++;
		} else {
			const struct ram_range *r = &m->ram.ram[ranges++];

			assert_int_equal(e[0], 1);
			assert_int_equal(get(e + 2, 4), r->node);
			assert_int_equal(get(e + 8, 8), r->gpa.base);
			assert_int_equal(get(e + 16, 8), r->gpa.size);
			assert_int_equal(get(e + 28, 4), 1);
		}
	}
	assert_int_equal(cpus, m->topology.nr_cpus);
	assert_int_equal(ranges, m->ram.nr);
}

static void every_size_of_machine_is_described(void **state)
{
	const uint32_t sizes[] = { 1, 4, 255, 256, 4096 };
	const uint64_t bytes[] = { GiB(4) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct machine m;

		machine_describe(&m, sizes[i], 1, 1);
		machine_build(&m, bytes);
		assert_rsdp(&m);
		assert_madt(&m);
		assert_non_null(table_find(&m, "SSDT"));
		assert_null(table_find(&m, "SRAT"));
		assert_null(table_find(&m, "SLIT"));
		assert_null(table_find(&m, "HMAT"));
		machine_fini(&m);
	}
}

static void fadt_is_hardware_reduced(void **state)
{
	const uint64_t bytes[] = { MiB(64) };
	struct machine m;
	const uint8_t *f;

	(void)state;
	machine_describe(&m, 2, 1, 1);
	m.cfg.apic_physical = true;
	machine_build(&m, bytes);
	f = table_find(&m, "FACP");
	assert_int_equal(get(f + 4, 4), 276);
	assert_int_equal(f[8], 6);
	assert_int_equal(f[131], 4);
	assert_memory_equal(table_at(&m, get(f + 140, 8)), "DSDT", 4);
	assert_int_equal(get(f + 109, 2), 0x34);
	assert_int_equal(get(f + 112, 4), 1u << 20 | 1u << 19 | 1u << 10 | 0x35);
	assert_int_equal(f[116], 1); /* RESET_REG: an I/O port, a byte */
	assert_int_equal(f[117], 8);
	assert_int_equal(get(f + 120, 8), PORT_RESET);
	assert_int_equal(f[128], ACPI_RESET_VALUE);
	assert_int_equal(get(f + 248, 8), PORT_SLEEP_CONTROL);
	assert_int_equal(get(f + 260, 8), PORT_SLEEP_STATUS);
	assert_memory_equal(f + 268, "THOLE\0\0\0", 8);
	machine_fini(&m);
}

static void mcfg_covers_the_buses(void **state)
{
	const uint64_t bytes[] = { MiB(64) };
	struct machine m;
	const uint8_t *t;

	(void)state;
	machine_describe(&m, 1, 1, 1);
	m.cfg.ecam.size = MiB(16);
	machine_build(&m, bytes);
	t = table_find(&m, "MCFG");
	assert_int_equal(get(t + 4, 4), 60);
	assert_int_equal(get(t + 44, 8), LAYOUT_ECAM_BASE);
	assert_int_equal(get(t + 52, 2), 0);
	assert_int_equal(t[54], 0);
	assert_int_equal(t[55], 15);
	machine_fini(&m);
}

static void nodes_differ_in_size_and_distance(void **state)
{
	const uint64_t bytes[] = { GiB(5), GiB(1), 0 };
	struct machine m;
	const uint8_t *slit;

	(void)state;
	machine_describe(&m, 7, 3, 3); /* node 2 has vCPUs and no memory */
	machine_build(&m, bytes);
	assert_madt(&m);
	assert_srat(&m);
	slit = table_find(&m, "SLIT");
	assert_int_equal(get(slit + 4, 4), 44 + 9);
	assert_int_equal(get(slit + 36, 8), 3);
	assert_memory_equal(slit + 44, m.topology.distance, 9);
	machine_fini(&m);
}

static void reserve_holds_for_any_layout(void **state)
{
	uint64_t bytes[TOPO_NODES_MAX];
	struct machine m;

	(void)state;
	for (uint32_t i = 0; i < TOPO_NODES_MAX; i++)
		bytes[i] = MiB(100); /* the hole is within node 30 */
	machine_describe(&m, 4096, TOPO_NODES_MAX, TOPO_NODES_MAX);
	for (uint32_t i = 0; i < TOPO_NODES_MAX * TOPO_NODES_MAX; i++)
		m.topology.distance[i] = i % (TOPO_NODES_MAX + 1) ? 20 : 10;
	machine_build(&m, bytes);
	assert_int_equal(m.ram.nr, TOPO_NODES_MAX + 1);
	assert_srat(&m);
	machine_fini(&m);
}

/* Fill an HMAT for two nodes with vCPUs and one of memory alone, and find the values again. */
static void hmat_tells_speeds(void **state)
{
	const uint64_t bytes[] = { GiB(1), GiB(1), GiB(2) };
	const uint32_t lat[] = { 81250, 139000, 210000, 140000, 80000, 250000, 0, 0, 0 };
	const uint32_t bw[] = { 200000, 60000, 20000, 60000, 200000, 0, 0, 0, 0 };
	const struct acpi_hmat hmat = { lat, lat, bw, bw };
	struct machine m;
	const uint8_t *t, *l;

	(void)state;
	machine_describe(&m, 4, 2, 3);
	m.cfg.hmat = &hmat;
	machine_build(&m, bytes);
	t = table_find(&m, "HMAT");
	assert_int_equal(t[8], 2);
	assert_int_equal(get(t + 4, 4), 40 + 3 * 40 + 4 * (32 + 4 * 5 + 2 * 6));
	l = t + 40 + 2 * 40; /* the memory-only node's domain: no initiator */
	assert_int_equal(get(l + 8, 2), 0);
	assert_int_equal(get(l + 16, 4), 2);
	l += 40; /* read latency */
	assert_int_equal(get(l, 2), 1);
	assert_int_equal(get(l + 4, 4), 64);
	assert_int_equal(l[9], 1);
	assert_int_equal(get(l + 12, 4), 2);
	assert_int_equal(get(l + 16, 4), 3);
	assert_int_equal(get(l + 24, 8), 10);
	assert_int_equal(get(l + 52, 2), 8125);
	assert_int_equal(get(l + 52 + 2 * 5, 2), 25000);
	l += 3 * 64; /* write bandwidth: node 1 to 2 isn't known */
	assert_int_equal(l[9], 5);
	assert_int_equal(get(l + 24, 8), 10);
	assert_int_equal(get(l + 52 + 2 * 2, 2), 2000);
	assert_int_equal(get(l + 52 + 2 * 5, 2), 0);
	machine_fini(&m);
}

static void nonsense_is_refused(void **state)
{
	const uint64_t bytes[] = { GiB(1), GiB(1) };
	struct acpi_tables t;
	struct machine m;

	(void)state;
	machine_describe(&m, 4, 2, 2);
	machine_build(&m, bytes);
	assert_int_equal(acpi_build(&m.cfg, MiB(1), m.tables.size - 1, &t), -ENOSPC);
	assert_int_equal(acpi_build(&m.cfg, MiB(1) + 16, MiB(1), &t), -EINVAL);
	m.topology.distance[1] = 10;
	assert_int_equal(acpi_build(&m.cfg, MiB(1), MiB(1), &t), -EINVAL);
	assert_int_equal(acpi_size(&m.cfg), 0);
	m.topology.distance[1] = 20;
	m.topology.cpu[3].node = 2;
	assert_int_equal(acpi_build(&m.cfg, MiB(1), MiB(1), &t), -EINVAL);
	m.topology.cpu[3].node = 1;
	m.cfg.ecam.size = MiB(512);
	assert_int_equal(acpi_build(&m.cfg, MiB(1), MiB(1), &t), -EINVAL);
	m.cfg.ecam.size = MiB(256);
	m.cfg.pci_io.size = KiB(64);
	assert_int_equal(acpi_build(&m.cfg, MiB(1), MiB(1), &t), -EINVAL);
	assert_null(t.bytes);
	machine_fini(&m);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

/* Write every table to its own file, NAME.aml, as acpidump and iasl like them. */
static void tables_to_files(const struct machine *m)
{
	const uint8_t *b = m->tables.bytes;

	for (uint64_t at = 0; at < m->tables.size;) {
		uint64_t length = get(b + at + 4, 4);
		char path[16];
		FILE *f;

		snprintf(path, sizeof(path), "%.4s.aml", (const char *)(b + at));
		f = fopen(path, "w");
		assert_non_null(f);
		assert_int_equal(fwrite(b + at, 1, length, f), length);
		assert_int_equal(fclose(f), 0);
		at = align_up(at + length, 64);
	}
}

static bool have(const char *program)
{
	char command[256];

	snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", program);
	return system(command) == 0;
}

/*
 * In an empty folder with all tables of a machine that has everything: run a shell script, which
 * succeeds or shows why not.
 */
static void run_on_tables(const char *script)
{
	const uint64_t bytes[] = { GiB(4), GiB(1), GiB(2) };
	const uint32_t v[9] = { 100, 200, 300, 200, 100, 300, 0, 0, 0 };
	const struct acpi_hmat hmat = { v, v, v, v };
	char dir[] = "/tmp/thole-acpi-XXXXXX";
	char home[4096];
	struct machine m;
	int status;

	machine_describe(&m, 5, 2, 3);
	m.cfg.hmat = &hmat;
	m.cfg.pci_node = 1;
	m.cfg.ecam.size = MiB(16);
	machine_build(&m, bytes);
	assert_non_null(mkdtemp(dir));
	assert_non_null(getcwd(home, sizeof(home)));
	assert_int_equal(chdir(dir), 0);
	tables_to_files(&m);
	status = system(script);
	if (status)
		assert_int_equal(system("tail -n 20 log | sed 's/^/# /' >&2"), 0);
	assert_int_equal(chdir(home), 0);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	machine_fini(&m);
	assert_int_equal(status, 0);
}

static void iasl_reads_every_table_without_complaint(void **state)
{
	(void)state;
	if (!have("iasl"))
		skip(); /* iasl is not installed */
	run_on_tables("{ set -e; for t in FACP APIC MCFG SRAT SLIT HMAT XSDT; do"
		      "  iasl -vs -d $t.aml; done;"
		      "  iasl -vs -e SSDT.aml -d DSDT.aml; iasl -vs -e DSDT.aml -d SSDT.aml; } >log 2>&1 &&"
		      "! grep -iE 'warning|error|incorrect|invalid|unknown|bad|corrupt' log *.dsl |"
		      "  grep -vE 'Error Reporting|0 Errors, 0 Warnings' >>log &&"
		      "{ iasl -vs -vr -we -p again DSDT.dsl && iasl -vs -vr -we -p again SSDT.dsl; "
		      "} >>log 2>&1");
}

/*
 * What a guest's interpreter gets when it runs the methods: the SSDT's numbers, in their places.
 * Each line of the second script is looked for in the log.
 */
static void methods_give_what_was_configured(void **state)
{
	(void)state;
	if (!have("acpiexec"))
		skip(); /* acpiexec is not installed */
	run_on_tables(
		"acpiexec -b 'resources \\_SB.PCI0; resources \\_SB.MBRD; resources \\_SB.COM1;"
		" evaluate \\_SB.COM1._STA; evaluate \\_SB.COM1._CRS;"
		" evaluate \\_SB.GED._CRS; evaluate \\_S5; evaluate \\_SB.PCI0._PXM' DSDT.aml "
		"SSDT.aml"
		" >log 2>&1 &&"
		"while read -r want; do grep -q \"$want\" log ||"
		"  { echo \"not found: $want\" >>log; exit 1; }; done <<'END'\n"
		"Address Maximum : 000F\n"
		"Address Maximum : FFFF\n"
		"Address Minimum : 1000\n"
		"Address Minimum : C0000000\n"
		"Address Maximum : DFFFFFFF\n"
		"Address Minimum : 0000000200000000\n"
		"Address Maximum : 00000011FFFFFFFF\n"
		"Address : E0000000\n"
		"Address Length : 01000000\n"
		"Address Minimum : 0600\n"
		"Address Minimum : 0601\n"
		"Address Minimum : 0602\n"
		"Address Minimum : 03F8\n"
		"89 06 00 03 01 04 00 00\n"
		"\\[Integer\\] = 000000000000000F\n"
		"0000: 89 06 00 03 01 09 00 00 00 79 00\n"
		"\\[Integer\\] = 0000000000000005\n"
		"\\[Integer\\] = 0000000000000001\n"
		"END\n");
}

/* The _PRT's loop and acpi_pci_gsi() are one rule. */
static void prt_and_device_agree_on_lines(void **state)
{
	char script[16384];
	size_t n;

	(void)state;
	if (!have("acpiexec"))
		skip(); /* acpiexec is not installed */
	n = (size_t)snprintf(script, sizeof(script),
		"acpiexec -b 'evaluate \\_SB.PCI0._PRT' DSDT.aml SSDT.aml >log 2>&1;"
		"sed -n 's/.*\\[Integer\\] = 0*\\([0-9A-F]\\)/\\1/p' log | paste -sd '   \n' >got;"
		"diff - got >>log <<'END'\n");
	for (uint32_t i = 0; i < 128; i++)
		n += (size_t)snprintf(script + n, sizeof(script) - n, "%X %X 0 %X\n",
			(i / 4) << 16 | 0xffff, i % 4, acpi_pci_gsi(GSI_PCI_FIRST, i / 4, i % 4));
	snprintf(script + n, sizeof(script) - n, "END\n");
	run_on_tables(script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_of_machine_is_described),
		cmocka_unit_test(fadt_is_hardware_reduced),
		cmocka_unit_test(mcfg_covers_the_buses),
		cmocka_unit_test(nodes_differ_in_size_and_distance),
		cmocka_unit_test(reserve_holds_for_any_layout),
		cmocka_unit_test(hmat_tells_speeds),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(iasl_reads_every_table_without_complaint),
		cmocka_unit_test(methods_give_what_was_configured),
		cmocka_unit_test(prt_and_device_agree_on_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
