/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ipi.c - the decision on interrupts for each kind of host, and the evidence from recorded ones. */
#include "tests/unit/unit.h"

#include "ipi/ipi_policy.h"
#include "ipi/vector_irq.h"
#include "ipi/vector_tally.h"
#include "tests/unit/host_files.h"

static void decisions(void **state)
{
	static const struct {
		struct ipi_host host;
		bool pv, physical, ids;
		enum ipi_device device;
	} table[] = {
		{ { 0 }, true, false, false, IPI_DEVICE_EXIT },
		{ { .remapping = true, .device_posting = true }, true, false, false, IPI_DEVICE_EXIT },
		{ { .apicv = true }, true, false, false, IPI_DEVICE_APICV },
		{ { .apicv = true, .device_posting = true }, true, false, false, IPI_DEVICE_APICV },
		{ { .apicv = true, .remapping = true }, true, false, false, IPI_DEVICE_APICV },
		{ { .apicv = true, .remapping = true, .device_posting = true }, true, false, false, IPI_DEVICE_POSTED },
		{ { .apicv = true, .ipiv = true }, false, true, true, IPI_DEVICE_APICV },
		{ { .apicv = true, .ipiv = true, .remapping = true, .device_posting = true }, false, true, true, IPI_DEVICE_POSTED },
		{ { .avic = true }, true, false, false, IPI_DEVICE_APICV },
		{ { .avic = true, .x2avic = true }, false, false, false, IPI_DEVICE_APICV },
		{ { .avic = true, .x2avic = true, .remapping = true, .device_posting = true }, false, false, false,
			IPI_DEVICE_POSTED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct ipi_policy p = ipi_policy(&table[i].host);

		assert_int_equal(p.pv_ipi, table[i].pv);
		assert_int_equal(p.physical, table[i].physical);
		assert_int_equal(p.id_limit, table[i].ids);
		assert_int_equal(p.device, table[i].device);
		assert_non_null(p.why);
		/* Never the hypercall where the hardware sends, and never physical without need. */
		assert_false(p.pv_ipi && (table[i].host.ipiv || table[i].host.x2avic));
		assert_true(*ipi_device_text(p.device));
	}
}

static void evidence(void **state)
{
	char root[] = "/tmp/thole-test-XXXXXX";
	struct ipi_host h;

	(void)state;
	assert_non_null(mkdtemp(root));
	ipi_host_read(&h, root);
	assert_false(h.apicv || h.ipiv || h.avic || h.x2avic || h.remapping || h.device_posting);
	host_file(root, "sys/module/kvm_intel/parameters/enable_ipiv", "Y");
	ipi_host_read(&h, root);
	assert_false(h.ipiv); /* nothing without APICv */
	host_file(root, "sys/module/kvm_intel/parameters/enable_apicv", "Y");
	host_file(root, "proc/interrupts", "           CPU0\\n 24:   1   IR-PCI-MSI 458752-edge      PCIe PME");
	ipi_host_read(&h, root);
	assert_false(h.remapping); /* nothing without an IOMMU */
	host_file(root, "sys/class/iommu/dmar0/intel-iommu/cap", "8d2078c106f0466");
	ipi_host_read(&h, root);
	assert_true(h.apicv && h.ipiv && h.remapping && h.device_posting);
	host_file(root, "sys/class/iommu/dmar1/intel-iommu/cap", "d2078c106f0466"); /* one that cannot */
	ipi_host_read(&h, root);
	assert_false(h.device_posting);
	host_remove(root);

	assert_non_null(mkdtemp(strcpy(root, "/tmp/thole-test-XXXXXX")));
	host_file(root, "sys/module/kvm_amd/parameters/avic", "1");
	host_file(root, "proc/cpuinfo", "flags\\t\\t: fpu avic x2avicx vnmi");
	host_file(root, "sys/class/iommu/ivhd0/amd-iommu/features", "25bf732fa2295afe:1d");
	ipi_host_read(&h, root);
	assert_true(h.avic && !h.x2avic && h.device_posting);
	host_file(root, "proc/cpuinfo", "flags\\t\\t: fpu avic x2avic");
	ipi_host_read(&h, root);
	assert_true(h.x2avic);
	host_remove(root);
}

static void vectors(void **state)
{
	char root[] = "/tmp/thole-test-XXXXXX", text[16] = "";
	struct vector_irqs v;
	char path[64];
	FILE *in;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(vector_irqs_read(&v, root), -ENOENT);
	host_file(root, "proc/interrupts",
		"           CPU0       CPU1\\n"
		"  8:          1          0   IO-APIC   8-edge      rtc0\\n"
		" 31:        110          3   IR-PCI-MSIX-0000:01:00.0    0-edge      vfio-msix[0](0000:01:00.0)\\n"
		" 45:          0 18446744073   IR-PCI-MSIX-0000:01:00.0   12-edge      vfio-msix[12](0000:01:00.0)\\n"
		" 46:          7          7   PCI-MSI 524288-edge      vfio-msi[0](0000:02:00.0)\\n"
		" 16:          2          0   IO-APIC  16-fasteoi   vfio-intx(0000:03:00.0)\\n"
		" 17:          2          0   IO-APIC  17-fasteoi   vfio-\\n"
		"NMI:          0          0   Non-maskable interrupts");
	assert_int_equal(vector_irqs_read(&v, root), 0);
	assert_int_equal(v.nr, 4);
	assert_string_equal(v.at[0].device, "0000:01:00.0");
	assert_int_equal(v.at[0].count, 113);
	assert_int_equal(v.at[1].vector, 12);
	assert_int_equal(v.at[1].irq, 45);
	assert_true(v.at[1].count == 18446744073);
	assert_string_equal(v.at[2].kind, "msi");
	assert_int_equal(v.at[2].count, 14);
	assert_string_equal(v.at[3].kind, "intx");
	vector_irqs_fini(&v);
	host_file(root, "proc/irq/45/smp_affinity_list", "0-1");
	host_file(root, "proc/irq/45/effective_affinity_list", "1");
	assert_int_equal(vector_irq_cpu(root, 45).os, 1);
	assert_int_equal(vector_irq_cpu(root, 46).os, -1);
	assert_int_equal(vector_irq_move(root, 45, (hcpu_t){ 7 }), 0);
	assert_int_equal(vector_irq_move(root, 46, (hcpu_t){ 7 }), -ENOENT);
	snprintf(path, sizeof(path), "%s/proc/irq/45/smp_affinity_list", root);
	in = fopen(path, "re");
	assert_non_null(fgets(text, 2, in));
	assert_string_equal(text, "7");
	fclose(in);
	host_remove(root);
}

static void ways(void **state)
{
	(void)state;
	assert_int_equal(vector_way(IPI_DEVICE_POSTED, 0, 0), VECTOR_POSTED);
	assert_int_equal(vector_way(IPI_DEVICE_EXIT, 0, 100), VECTOR_NONE_SEEN);
	assert_int_equal(vector_way(IPI_DEVICE_APICV, 1000, 10), VECTOR_INJECTED);
	assert_int_equal(vector_way(IPI_DEVICE_APICV, 1000, 1000), VECTOR_EXIT);
	assert_int_equal(vector_way(IPI_DEVICE_POSTED, 1000, 10), VECTOR_INJECTED); /* it could have been, and was not */
	assert_int_equal(vector_way(IPI_DEVICE_EXIT, 1000, 0), VECTOR_EXIT);
}

static struct vector_irq irq_at(const char *device, uint32_t vector, uint64_t count)
{
	struct vector_irq irq = { .kind = "msix", .vector = vector, .irq = 30 + vector, .count = count };

	snprintf(irq.device, sizeof(irq.device), "%s", device);
	return irq;
}

static void interrupts_that_are_gone_count(void **state)
{
	struct vector_irq a = irq_at("0000:01:00.0", 1, 5), b = irq_at("0000:02:00.0", 1, 7);
	struct vector_tally t = { 0 };

	(void)state;
	assert_int_equal(vector_tally_taken(&t, &a), 0);
	assert_int_equal(vector_tally_see(&t, &a), 0);
	assert_int_equal(vector_tally_see(&t, &b), 0);
	a.count = 9;
	assert_int_equal(vector_tally_see(&t, &a), 0);
	assert_int_equal(t.nr, 2);
	assert_int_equal(vector_tally_taken(&t, &a), 9);
	assert_int_equal(t.at[0].vcpu, -1);
	vector_tally_target(&t, &a, 3);
	vector_tally_gone(&t, "0000:01:00.0");
	vector_tally_gone(&t, "0000:01:00.0"); /* turned off twice, counted once */
	a.count = 2;
	b.count = 8;
	assert_int_equal(vector_tally_see(&t, &a), 0);
	assert_int_equal(vector_tally_see(&t, &b), 0);
	assert_int_equal(vector_tally_taken(&t, &a), 11);
	assert_int_equal(vector_tally_taken(&t, &b), 8);
	assert_int_equal(t.at[0].vcpu, 3);
	vector_tally_fini(&t);
	assert_int_equal(t.nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(decisions), cmocka_unit_test(evidence), cmocka_unit_test(vectors),
		cmocka_unit_test(ways), cmocka_unit_test(interrupts_that_are_gone_count) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
