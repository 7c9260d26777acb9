/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_kvm.c - which KVM is this? From recorded /sys trees; and what is no KVM is refused. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/log_lines.h"
#include "vmm/kvm.h"

static struct log_lines said = { .least = LOG_LEVEL_DEBUG };
/* A /sys with one back end in it, its parameter at a value (NULL: no such file). */
static struct kvm_backend backend_of(const char *module, const char *parameter, const char *value)
{
	char root[] = "/tmp/thole-sysfs.XXXXXX";
	char path[256];
	struct kvm_backend b;

	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "mkdir -p %s/module/%s/parameters", root, module);
	assert_int_equal(system(path), 0);
	if (value) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/module/%s/parameters/%s", root, module, parameter);
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(value, f);
		fclose(f);
	}
	kvm_backend_read(root, &b);
	snprintf(path, sizeof(path), "rm -r %s", root);
	assert_int_equal(system(path), 0);
	return b;
}

static void assert_backend(struct kvm_backend b, const char *name, bool nested_paging)
{
	assert_string_equal(b.name, name);
	assert_int_equal(b.nested_paging, nested_paging);
}

static void back_ends_are_told_apart(void **state)
{
	(void)state;
	assert_backend(backend_of("kvm_intel", "ept", "Y\n"), "kvm_intel", true);
	assert_backend(backend_of("kvm_intel", "ept", "N\n"), "kvm_intel", false);
	assert_backend(backend_of("kvm_amd", "npt", "1\n"), "kvm_amd", true);
	assert_backend(backend_of("kvm_amd", "npt", "0\n"), "kvm_amd", false);
	assert_backend(backend_of("kvm_amd", "npt", ""), "kvm_amd", false);
	assert_backend(backend_of("kvm_amd", "npt", NULL), "kvm_amd", false);
	assert_backend(backend_of("kvm_pvm", "x", "Y\n"), "kvm_pvm", false);
	assert_backend(backend_of("kvm_other", "x", "Y\n"), "unknown", false);
}

static void what_is_no_kvm_is_refused(void **state)
{
	struct kvm kvm;

	(void)state;
	log_set_sink(log_lines_keep, &said);
	assert_int_equal(kvm_open(&kvm, "/nonexistent/kvm"), -ENOENT);
	assert_non_null(strstr(said.last, "modprobe"));
	assert_int_equal(kvm_open(&kvm, "/dev/null"), -ENOTSUP);
	assert_non_null(strstr(said.last, "/dev/null: is not KVM"));
	assert_non_null(strstr(said.last, "modprobe"));
	assert_int_equal(kvm.fd, -1);
	log_set_sink(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_ends_are_told_apart),
		cmocka_unit_test(what_is_no_kvm_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
