/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_config_file.c - what is read, what is refused with file and line, and the way back. */
#include "tests/unit/config_helper.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/option.h"

static void every_kind_is_read(void **state)
{
	struct run_config c;

	(void)state;
	assert_int_equal(read_text(&c,
		"# a comment\n"
		"kernel = \"vm\" \"linux\";   // joined\n"
		"cpus = 4; memory = \"64G\"\n"
		"/* many\n lines */ force = true\n"
		"module = (\"a x\",\n \"b\");\n"
		"debug-exit = 0xf4;\n"
		"stop-timeout: \"500ms\"\n"
		"node = [\"0:mem=1G\", \"1:mem=2G\"];\n"
		"append = \"a\\\"b\\\\c\\x41 #no comment\";\n"), 0);
	assert_string_equal(c.kernel, "vmlinux");
	assert_int_equal(c.cpus, 4);
	assert_int_equal(c.memory, GiB(64));
	assert_true(c.force);
	assert_int_equal(c.module.nr, 2);
	assert_string_equal(c.module.at[1], "b");
	assert_int_equal(c.debug_exit, 0xf4);
	assert_int_equal(c.stop_timeout_ms, 500);
	assert_int_equal(c.node.nr, 2);
	assert_string_equal(c.append, "a\"b\\cA #no comment");
	run_config_fini(&c);
	assert_int_equal(read_text(&c, "cpus = \"0-3\"; module = \"one\"; force = \"yes\";"), 0);
	assert_int_equal(c.cpus, 4);
	assert_int_equal(c.module.nr, 1);
	run_config_fini(&c);
	assert_int_equal(read_text(&c, ""), 0);
	run_config_fini(&c);
}

static void mistakes_are_named_with_file_and_line(void **state)
{
	static const struct {
		const char *text, *says;
	} t[] = {
		{ "\nmemroy = \"1G\";",
			"vm.cfg:2: unknown key \"memroy\"; did you mean \"memory\"?" },
		{ "xyzzy = 1;", "vm.cfg:1: unknown key \"xyzzy\"; thole.cfg(5)" },
		{ "cpus = 1;\ncpus = 2;", "vm.cfg:2: cpus is given twice" },
		{ "memory = 4096;", "vm.cfg:1: memory: a size is a text in quotes with a unit: "
			"memory = \"4096M\"?" },
		{ "\nmemory = 8589934592;", "vm.cfg:2: the number 8589934592 is too large; a "
			"size is a text in quotes with a unit, such as \"8192M\"" },
		{ "memory = 8589934592L;", "vm.cfg:1: memory: a number, but expected a size" },
		{ "cpus = 4294967297;", "vm.cfg:1: the number 4294967297 is too large here" },
		{ "cpus = 0xfffffffff;", "vm.cfg:1: the number 0xfffffffff is too large here" },
		{ "cpus = 99999999999999999999;", "too large" },
		{ "memory = \"64\";", "vm.cfg:1: memory = \"64\": a size needs a unit" },
		{ "cpus = 0;", "vm.cfg:1: cpus: must be from 1 to 8192" },
		{ "cpus = -1;", "vm.cfg:1: cpus: expected a number" },
		{ "cpus = 1.5;", "vm.cfg:1: cpus: a number, but expected a number of vCPUs" },
		{ "cpus = true;", "vm.cfg:1: cpus: true or false, but expected" },
		{ "force = 1;", "vm.cfg:1: force: a number, but expected yes or no" },
		{ "kernel = 5;", "vm.cfg:1: kernel: a number, but expected the name of a file" },
		{ "memory = { a = 1; };", "vm.cfg:1: memory: a group, but expected a size" },
		{ "memory = [\"1G\", \"2G\"];", "vm.cfg:1: memory: only one value is possible" },
		{ "module = (1);", "vm.cfg:1: module: a number, but expected" },
		{ "module = ((\"a\"));", "vm.cfg:1: module: a list, but expected" },
		{ "\n\npolicy = one-node;", "vm.cfg:3: syntax error; a line looks like" },
		{ "cpus = 4\nmemory = \"1G",
			"vm.cfg:2: the text that starts here has no closing quote" },
		{ "cpus = 4\n/* x", "vm.cfg:2: the comment that starts here has no end" },
		{ "append = \"a\\x00b\";", "vm.cfg:1: a text can't hold a zero byte" },
		{ "@include \"x\"", "vm.cfg:1: @include is not possible here" },
		{ "  @include x", "vm.cfg:1: @include needs a file name in quotes" },
		{ "@include \"x\" cpus = 1", "vm.cfg:1: @include needs a file name in quotes" },
		{ "@include \"\"", "vm.cfg:1: @include needs" },
		{ "cpus = 1; @include \"x\"", "vm.cfg:1: syntax error" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct run_config c;

		assert_int_equal(read_text(&c, t[i].text), -EINVAL);
		assert_int_equal(reported.nr, 1);
		if (!strstr(reported.text, t[i].says))
			fail_msg("%s\nsays: %s\nnot: %s", t[i].text, reported.text, t[i].says);
	}
}

static void zero_byte_is_no_text(void **state)
{
	struct run_config c;

	(void)state;
	report_start();
	assert_int_equal(run_config_init(&c), 0);
	assert_int_equal(run_config_read_text(&c, "vm.cfg", "cpus = 1;\0x", 11), -EINVAL);
	assert_string_equal(reported.text, "vm.cfg: holds a zero byte: not a text");
	run_config_fini(&c);
}

/* A directory with files in it, gone after the test. */
static char dir[] = "/tmp/thole-test-XXXXXX";

static char *file_make(const char *name, const char *text)
{
	static char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static int dir_make(void **state)
{
	char sub[64];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	return mkdir(sub, 0700);
}

static int dir_remove(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static int read_file(struct run_config *c, const char *path)
{
	int err;

	report_start();
	assert_int_equal(run_config_init(c), 0);
	err = run_config_read(c, path);
	if (err)
		run_config_fini(c);
	return err;
}

static void includes_are_beside_the_file_that_names_them(void **state)
{
	struct run_config c;

	(void)state;
	file_make("sub/deep.cfg", "cpus = 3;\n");
	file_make("sub/base.cfg", "memory = \"2G\";\n@include \"deep.cfg\"\n");
	assert_int_equal(read_file(&c,
		file_make("vm.cfg", "# x\n@include \"sub/base.cfg\"\nname = \"a\";\n")), 0);
	assert_int_equal(c.cpus, 3);
	assert_int_equal(c.memory, GiB(2));
	assert_string_equal(c.name, "a");
	run_config_fini(&c);
}

static void bad_includes_are_reported_where_they_stand(void **state)
{
	struct run_config c;
	char want[300];

	(void)state;
	assert_int_equal(read_file(&c, file_make("a.cfg", "\n@include \"none.cfg\"\n")), -ENOENT);
	snprintf(want, sizeof(want), "%s/a.cfg:2: cannot open configuration %s/none.cfg: No such "
		"file or directory", dir, dir);
	assert_string_equal(reported.text, want);
	assert_int_equal(read_file(&c, file_make("a.cfg", "@include \"sub\"\n")), -EISDIR);
	assert_int_equal(read_file(&c, file_make("a.cfg", "@include \"a.cfg\"\n")), -ELOOP);
	file_make("b.cfg", "\n\nmemory = \"2G\";\n");
	assert_int_equal(read_file(&c,
		file_make("a.cfg", "@include \"b.cfg\"\nmemory = \"1G\";\n")), -EINVAL);
	assert_int_equal(reported.nr, 1);
	snprintf(want, sizeof(want), "%s/a.cfg:2: memory is given twice, the first time at "
		"%s/b.cfg:3", dir, dir);
	assert_memory_equal(reported.text, want, strlen(want));
	assert_int_equal(read_file(&c, "/dev/zero"), -EFBIG);
}

static void later_file_wins(void **state)
{
	struct run_config c;

	(void)state;
	assert_int_equal(read_file(&c, file_make("a.cfg",
		"cpus = 2; memory = \"1G\"; module = (\"a\", \"b\");")), 0);
	assert_int_equal(run_config_read(&c, file_make("b.cfg", "cpus = 3; module = [\"c\"];")), 0);
	assert_int_equal(c.cpus, 3);
	assert_int_equal(c.memory, GiB(1));
	assert_int_equal(c.module.nr, 1);
	run_config_fini(&c);
}

/* A random text that the option accepts, or may. */
static const char *random_value(const struct option_row *o, unsigned *seed, char *buf, size_t size)
{
	unsigned r = (unsigned)rand_r(seed);

	if (o->choice) {
		unsigned nr = 0;

		while (o->choice[nr])
			nr++;
		return o->choice[r % nr];
	}
	if (o->type == &type_bool)
		return r % 2 ? "yes" : "no";
	if (o->type == &type_size)
		snprintf(buf, size, "%u%c", r % 5000, "KMGT"[r % 4]);
	else if (o->type == &type_cpus)
		snprintf(buf, size, r % 2 ? "%u" : "0-%u", r % 9000);
	else if (o->type == &type_duration)
		snprintf(buf, size, "%ums", r % 4000000);
	else if (o->type == &type_port)
		snprintf(buf, size, "%u", r % 70000);
	else if (o->type == &type_sched)
		snprintf(buf, size, "fifo:%u", r % 110);
	else if (o->type == &type_cpulist)
		snprintf(buf, size, "%u-%u,%u", r % 5, 5 + r % 7, 20 + r % 100);
	else if (o->type == &type_pins)
		snprintf(buf, size, "%u=%u,%u=3", r % 6, r % 10, r % 5);
	else if (o->type == &type_nodes)
		snprintf(buf, size, r % 2 ? "%u:mem=%uM" : "%u:cpus=0-%u,700", r % 66, r % 999);
	else if (o->type == &type_name)
		snprintf(buf, size, "n%x", r);
	else if (o->type == &type_console)
		snprintf(buf, size, "file:%c%c", (char)(1 + r % 255), (char)(1 + r / 255 % 255));
	else
		for (size_t i = 0; i < 10; i++)
			buf[i] = (char)(i == 9 ? 0 : 1 + rand_r(seed) % 255);
	return buf;
}

static void any_config_survives_the_dump(void **state)
{
	unsigned seed = 7, finished = 0;

	(void)state;
	log_set_sink(NULL, NULL);
	for (int round = 0; round < 500; round++) {
		struct run_config a, b;
		char *first, *second;

		assert_int_equal(run_config_init(&a), 0);
		for (uint32_t i = 0; i < options_nr; i++)
			for (int n = rand_r(&seed) % 4; n > 0; n--) {
				struct complaint why;
				char buf[64];
				const char *text = random_value(&options[i], &seed, buf,
					sizeof(buf));

				if (option_set(&a, &options[i], text, &why) != 0)
					assert_true(why.text[0]);
			}
		if (run_config_finish(&a) != 0) { /* too little memory, too many CPUs */
			run_config_fini(&a);
			continue;
		}
		finished++;
		first = dump(&a);
		assert_int_equal(read_text(&b, first), 0);
		second = dump(&b);
		assert_string_equal(first, second);
		for (uint32_t i = 0; i < options_nr; i++) {
			assert_int_equal(option_count(&a, &options[i]),
				option_count(&b, &options[i]));
			for (uint32_t n = 0; n < option_count(&a, &options[i]); n++) {
				char *x = option_text(&a, &options[i], n);
				char *y = option_text(&b, &options[i], n);

				assert_string_equal(x, y);
				free(x);
				free(y);
			}
		}
		free(first);
		free(second);
		run_config_fini(&a);
		run_config_fini(&b);
	}
	assert_true(finished > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read),
		cmocka_unit_test(mistakes_are_named_with_file_and_line),
		cmocka_unit_test(zero_byte_is_no_text),
		cmocka_unit_test(includes_are_beside_the_file_that_names_them),
		cmocka_unit_test(bad_includes_are_reported_where_they_stand),
		cmocka_unit_test(later_file_wins),
		cmocka_unit_test(any_config_survives_the_dump),
	};

	return cmocka_run_group_tests(tests, dir_make, dir_remove);
}
