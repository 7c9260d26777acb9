/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_doctor.c - rules that hold for every host: order, nothing guessed, needs; and how files are read.
 * What is said of whole hosts is in tests/cli/doctor.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "sched/doctor.h"

#define HOST(name) "tests/data/hosts/" name

static const struct finding *find(const struct finding *x, uint32_t nr, const char *check)
{
	for (uint32_t i = 0; i < nr; i++)
		if (strcmp(x[i].check, check) == 0)
			return &x[i];
	return NULL;
}

static void what_was_not_read_is_not_known(void **state)
{
	const struct host_facts nothing = { 0 };
	const struct doctor_need any = { 0 };
	struct finding x[DOCTOR_CHECKS_MAX];
	uint32_t nr = doctor_check(&nothing, &any, x);

	(void)state;
	assert_true(nr > 20);
	for (uint32_t i = 0; i < nr; i++)
		assert_int_equal(x[i].severity, DOCTOR_UNKNOWN);
}

static void worst_comes_first_and_says_what_to_do(void **state)
{
	static const char *const hosts[] = { HOST("intel-hpc-tuned"), HOST("debian-desktop"), HOST("amd-epyc-no-avic"),
		HOST("container-cgroup1"), HOST("laptop"), HOST("no-virtualization"), HOST("cloud-nested") };
	const struct doctor_need any = { 0 };
	struct finding x[DOCTOR_CHECKS_MAX];

	(void)state;
	for (size_t h = 0; h < ARRAY_SIZE(hosts); h++) {
		struct host_facts f;
		uint32_t nr;

		assert_int_equal(host_facts_read(hosts[h], &f), 0);
		nr = doctor_check(&f, &any, x);
		for (uint32_t i = 0; i < nr; i++) {
			assert_true(!i || x[i - 1].severity >= x[i].severity);
			assert_true(*x[i].found);
			assert_int_equal(*x[i].effect != 0, x[i].severity >= DOCTOR_ADVICE);
			assert_int_equal(*x[i].remedy != 0, x[i].change != CHANGE_NOTHING);
		}
		host_facts_fini(&f);
	}
}

static enum doctor_severity severity_for(const struct host_facts *f, const struct doctor_need *need, const char *check)
{
	struct finding x[DOCTOR_CHECKS_MAX];
	uint32_t nr = doctor_check(f, need, x);
	const struct finding *found = find(x, nr, check);

	assert_non_null(found);
	return found->severity;
}

static void a_run_needs_what_it_uses(void **state)
{
	hcpu_t isolated[] = { { 2 }, { 3 } }, shared[] = { { 1 }, { 2 } };
	const struct need_memory huge = { { 0 }, GiB(2), GiB(1) }, small = { { 0 }, GiB(2), KiB(4) };
	struct doctor_need need = { .given = true, .kind = NEED_PAYLOAD, .nr_vcpus = 2, .cpus = { 2, isolated },
		.memory = GiB(2), .nr_memory = 1, .at = &huge };
	struct host_facts f;

	(void)state;
	assert_int_equal(host_facts_read(HOST("intel-hpc-tuned"), &f), 0);
	assert_int_equal(severity_for(&f, &need, "isolated CPUs"), DOCTOR_GOOD);
	assert_int_equal(severity_for(&f, &need, "huge pages"), DOCTOR_GOOD);
	assert_int_equal(severity_for(&f, &need, "real-time limit"), DOCTOR_GOOD);
	need.cpus.cpu = shared;
	assert_int_equal(severity_for(&f, &need, "isolated CPUs"), DOCTOR_WARNING);
	need.at = &small;
	assert_int_equal(severity_for(&f, &need, "huge pages"), DOCTOR_WARNING);
	need.fifo = 11;
	assert_int_equal(severity_for(&f, &need, "real-time limit"), DOCTOR_ERROR);
	need.refusal = "no room";
	assert_int_equal(severity_for(&f, &need, "plan"), DOCTOR_ERROR);
	host_facts_fini(&f);
}

static void nested_paging_matters_to_linux(void **state)
{
	struct doctor_need need = { .given = true, .kind = NEED_LINUX };
	struct host_facts f;

	(void)state;
	assert_int_equal(host_facts_read(HOST("cloud-pvm"), &f), 0);
	assert_int_equal(severity_for(&f, &need, "nested paging"), DOCTOR_ERROR);
	need.kind = NEED_PAYLOAD;
	assert_int_equal(severity_for(&f, &need, "nested paging"), DOCTOR_ADVICE);
	host_facts_fini(&f);
}

static void devices_need_an_iommu(void **state)
{
	struct doctor_need need = { .given = true, .kind = NEED_LINUX };
	struct host_facts f;

	(void)state;
	assert_int_equal(host_facts_read(HOST("cloud-nested"), &f), 0);
	assert_int_equal(severity_for(&f, &need, "IOMMU"), DOCTOR_GOOD); /* it hands none over */
	need.devices = 1;
	assert_int_equal(severity_for(&f, &need, "IOMMU"), DOCTOR_ERROR);
	host_facts_fini(&f);
	assert_int_equal(host_facts_read(HOST("amd-epyc-no-avic"), &f), 0);
	assert_int_equal(severity_for(&f, &need, "IOMMU"), DOCTOR_GOOD);
	assert_int_equal(severity_for(&f, &need, "irq remapping"), DOCTOR_GOOD);
	assert_int_equal(severity_for(&f, &need, "posted interrupts"), DOCTOR_ADVICE);
	host_facts_fini(&f);
}

static void put(const char *root, const char *path, const char *text)
{
	char full[256];
	FILE *out;

	snprintf(full, sizeof(full), "mkdir -p $(dirname %s/%s)", root, path);
	assert_int_equal(system(full), 0);
	snprintf(full, sizeof(full), "%s/%s", root, path);
	out = fopen(full, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

/* There, not there, there but not to be read, too long, and compressed. */
static void files_in_every_state(void **state)
{
	char root[] = "/tmp/thole-doctor.XXXXXX", path[128];
	struct host_facts f;
	gzFile gz;

	(void)state;
	assert_non_null(mkdtemp(root));
	put(root, "proc/self/status", "CapEff:\t0\n");
	put(root, "sys/devices/system/cpu/online", "0-3\n");
	put(root, "proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0x1\n\nprocessor\t: 1\nmicrocode\t: 0x2\n\n");
	snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/isolated", root);
	assert_int_equal(symlink("isolated", path), 0);
	put(root, "proc/interrupts", "x");
	snprintf(path, sizeof(path), "%s/proc/interrupts", root);
	assert_int_equal(truncate(path, 40 << 20), 0);
	snprintf(path, sizeof(path), "%s/proc/config.gz", root);
	gz = gzopen(path, "w");
	assert_non_null(gz);
	gzputs(gz, "CONFIG_NUMA=y\n");
	gzclose(gz);
	assert_int_equal(host_facts_read(root, &f), 0);
	assert_int_equal(f.online.state, FACT_READ);
	assert_string_equal(f.online.text, "0-3");
	assert_int_equal(f.isolated.state, FACT_UNKNOWN);
	assert_int_equal(f.nohz_full.state, FACT_ABSENT);
	assert_int_equal(f.interrupts.state, FACT_UNKNOWN);
	assert_string_equal(fact_text(&f.config), "CONFIG_NUMA=y");
	assert_true(f.microcode_mixed);
	assert_string_equal(f.cpuinfo.text, "processor\t: 0\nmicrocode\t: 0x1");
	host_facts_fini(&f);
	snprintf(path, sizeof(path), "rm -r %s", root);
	assert_int_equal(system(path), 0);
	assert_int_equal(host_facts_read("/nonexistent", &f), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_not_read_is_not_known),
		cmocka_unit_test(worst_comes_first_and_says_what_to_do),
		cmocka_unit_test(a_run_needs_what_it_uses),
		cmocka_unit_test(nested_paging_matters_to_linux),
		cmocka_unit_test(devices_need_an_iommu),
		cmocka_unit_test(files_in_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
