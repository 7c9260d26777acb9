/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ktext.c - the kernel's command line, lists, configuration and limits, in and out of shape. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "sched/ktext.h"

static void assert_parameter(const char *cmdline, const char *name, int err, const char *value)
{
	char got[16] = "";

	assert_int_equal(ktext_parameter(cmdline, name, got, sizeof(got)), err);
	assert_string_equal(got, value);
}

static void parameters_of_the_command_line(void **state)
{
	(void)state;
	assert_parameter("", "quiet", -ENOENT, "");
	assert_parameter("quiet", "quiet", 0, "");
	assert_parameter("ro quiet nohz_full=2-7\n", "nohz_full", 0, "2-7");
	assert_parameter("ro nohz-full=2-7", "nohz_full", 0, "2-7");
	assert_parameter("xnohz_full=1 nohz_fully=2", "nohz_full", -ENOENT, "");
	assert_parameter("a=1 a=2", "a", 0, "2");
	assert_parameter("x=\"a=1 b\" c=3", "a", -ENOENT, "");
	assert_parameter("x=\"a=1 b\" c=3", "x", 0, "a=1 b");
	assert_parameter("\"x=a b\" c=3", "x", 0, "a b");
	assert_parameter("a=1 -- a=2", "a", 0, "1");
	assert_parameter("a=", "a", 0, "");
	assert_parameter("a=\"", "a", 0, "");
	assert_parameter("a=0123456789abcdefgh", "a", -ERANGE, "0123456789abcde");
}

static void assert_cpus(const char *text, int last, int err, const char *want)
{
	char got[64];
	struct cpulist l;

	assert_int_equal(ktext_cpus(&l, text, (hcpu_t){ last }), err);
	cpulist_format(&l, got, sizeof(got));
	assert_string_equal(got, want);
	cpulist_fini(&l);
}

static void lists_as_parameters_have_them(void **state)
{
	(void)state;
	assert_cpus("0-3", 7, 0, "0-3");
	assert_cpus("all", 7, 0, "0-7");
	assert_cpus("4-N", 7, 0, "4-7");
	assert_cpus("N", 7, 0, "7");
	assert_cpus("0-7:1/2", 7, 0, "0,2,4,6");
	assert_cpus("1-7:2/4,0", 7, 0, "0-2,5-6");
	assert_cpus("all:1/4", 7, 0, "0,4");
	assert_cpus("1,1", 7, 0, "1");
	assert_cpus("3\n", 7, 0, "3");
	assert_cpus("", 7, -EINVAL, "");
	assert_cpus("0,", 7, -EINVAL, "");
	assert_cpus("5-2", 7, -EINVAL, "");
	assert_cpus("0-7:3/2", 7, -EINVAL, "");
	assert_cpus("0-7:1/0", 7, -EINVAL, "");
	assert_cpus("0-7:1", 7, -EINVAL, "");
	assert_cpus("nohz,domain,1", 7, -EINVAL, "");
	assert_cpus("8", 7, -ERANGE, "");
	assert_cpus("99999999999999999999", CPULIST_MAX - 1, -ERANGE, "");
	assert_cpus("0", -1, -ERANGE, "");
	assert_cpus("0", CPULIST_MAX, -ERANGE, "");
}

static void configuration_of_the_kernel(void **state)
{
	const char *text = "# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_BC=m\nCONFIG_D=\"text\"\nCONFIG_E=n";

	(void)state;
	assert_int_equal(ktext_config(text, "A"), 'n');
	assert_int_equal(ktext_config(text, "B"), 'y');
	assert_int_equal(ktext_config(text, "BC"), 'm');
	assert_int_equal(ktext_config(text, "C"), 'n');
	assert_int_equal(ktext_config(text, "D"), 'y');
	assert_int_equal(ktext_config(text, "E"), 'n');
	assert_int_equal(ktext_config("", "A"), 'n');
}

static void limits_fields_choices_and_words(void **state)
{
	const char *limits = "Limit      Soft   Hard   Units\nMax open files      1024   4096   files\n"
		"Max locked memory   unlimited   unlimited   bytes\nMax x\n";
	char text[8];
	uint64_t n = 0;

	(void)state;
	assert_int_equal(ktext_limit(limits, "open files", &n), 0);
	assert_int_equal(n, 1024);
	assert_int_equal(ktext_limit(limits, "locked memory", &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(ktext_limit(limits, "open", &n), -ENOENT);
	assert_int_equal(ktext_limit(limits, "x", &n), -ENOENT);
	assert_int_equal(ktext_field("a\t: 1\nflags\t\t: x y\n", "flags", text, sizeof(text)), 0);
	assert_string_equal(text, "x y");
	assert_int_equal(ktext_field("0::/long/path", "0:", text, sizeof(text)), -ERANGE);
	assert_string_equal(text, "/long/p");
	assert_int_equal(ktext_field("ab: 1", "b", text, sizeof(text)), -ENOENT);
	ktext_choice("always [madvise] never", text, sizeof(text));
	assert_string_equal(text, "madvise");
	ktext_choice("never", text, sizeof(text));
	assert_string_equal(text, "never");
	ktext_choice("x [", text, sizeof(text));
	assert_string_equal(text, "x");
	assert_true(ktext_word("a svm b", "svm"));
	assert_true(ktext_word("svm", "svm"));
	assert_false(ktext_word("svm_lock nsvm", "svm"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_of_the_command_line),
		cmocka_unit_test(lists_as_parameters_have_them),
		cmocka_unit_test(configuration_of_the_kernel),
		cmocka_unit_test(limits_fields_choices_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
