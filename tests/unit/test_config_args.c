/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_config_args.c - the command line: precedence, switches, and errors that name the word. */
#include "tests/unit/config_helper.h"

#include <errno.h>
#include <unistd.h>

#include "launcher/config_args.h"

#define WORDS_MAX 16

static const struct config_line line = { .name = "run", .doc = "Test." };

/* words: separated by single spaces. */
static int parse_line(struct run_config *c, const struct config_line *l, const char *words)
{
	char *argv[WORDS_MAX + 2] = { NULL };
	char buf[512], *p = buf;
	int argc = 1;

	snprintf(buf, sizeof(buf), "%s", words);
	argv[0] = (char[]){ "run" };
	while (*words && p && argc <= WORDS_MAX)
		argv[argc++] = strsep(&p, " ");
	report_start();
	return run_config_from_args(c, l, argc, argv);
}

static int parse(struct run_config *c, const char *words)
{
	return parse_line(c, &line, words);
}

static void all_forms_mean_the_same(void **state)
{
	static const char *const forms[] = { "--memory 2G --cpus 3 --force", "-m2G -c3 --force=yes",
		"--memory=2G --cpus=3 --force=on", "-o memory=2G -o cpus=3 -o force=true",
		"--set=memory=2G -c 3 --force", "--no-force --force -c 7 -c 3 -m 1G -m 2G",
		"--mem 2G --cpu 3 --fo" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct run_config c;

		assert_int_equal(parse(&c, forms[i]), 0);
		assert_int_equal(c.memory, GiB(2));
		assert_int_equal(c.cpus, 3);
		assert_true(c.force);
		run_config_fini(&c);
	}
}

static void switches_take_their_forms(void **state)
{
	static const struct {
		const char *words;
		enum config_auto value;
	} open[] = { { "--quiet-guest", CONFIG_YES }, { "--no-quiet-guest", CONFIG_NO },
		{ "--quiet-guest=auto", CONFIG_AUTO }, { "--quiet-guest=off", CONFIG_NO } };
	struct run_config c;

	(void)state;
	assert_int_equal(parse(&c, "-qm 3G --no-reboot --strict=no --overcommit"), 0);
	assert_true(c.quiet);
	assert_int_equal(c.memory, GiB(3));
	assert_false(c.reboot || c.strict);
	assert_true(c.overcommit);
	run_config_fini(&c);
	assert_int_equal(parse(&c, "--quiet --no-quiet"), 0);
	assert_false(c.quiet);
	assert_int_equal(c.quiet_guest, CONFIG_AUTO);
	run_config_fini(&c);
	for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
		assert_int_equal(parse(&c, open[i].words), 0);
		assert_int_equal(c.quiet_guest, open[i].value);
		run_config_fini(&c);
	}
	assert_int_equal(parse(&c, "--quiet-guest=often"), -EINVAL);
}

static void command_line_wins_over_files(void **state)
{
	char path[] = "/tmp/thole-args-XXXXXX";
	static const char text[] = "cpus = 2; memory = \"1G\"; module = (\"a\", \"b\");"
		"node = \"0:mem=1G\"; name = \"f\";\n";
	int fd = mkstemp(path);
	struct run_config c;
	char words[128];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	snprintf(words, sizeof(words), "--cpus 5 --module x --module y -f %s", path);
	assert_int_equal(parse(&c, words), 0);
	unlink(path);
	assert_int_equal(c.cpus, 5);
	assert_int_equal(c.memory, GiB(1));
	assert_string_equal(c.name, "f");
	assert_int_equal(c.module.nr, 2);
	assert_string_equal(c.module.at[0], "x");
	assert_int_equal(c.node.nr, 1);
	run_config_fini(&c);
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *words, *says;
	} t[] = {
		{ "--memroy 3G", "--memroy: no such option; did you mean \"memory\"?" },
		{ "-m 1G --xyzzy=3", "--xyzzy: no such option; `thole run --help` lists them" },
		{ "--memory", "--memory: a value must follow: --memory SIZE" },
		{ "-qm", "-m: a value must follow" },
		{ "-qZm 3G", "-Z: no such option" },
		{ "--no-force=1", "--no-force: takes no value" },
		{ "--dump-config=1", "--dump-config: takes no value" },
		{ "--s", "--s: could be several options" },
		{ "-m 3", "--memory=3: a size needs a unit" },
		{ "-o memory", "-o memory: expected KEY=VALUE" },
		{ "-o memroy=3G", "-o memroy: no such option; did you mean \"memory\"?" },
		{ "-o =3G", "-o : no such option" },
		{ "vmlinux", "unexpected argument \"vmlinux\"" },
		{ "--force yes", "unexpected argument \"yes\"" },
		{ "-f /nonexistent/x", "cannot open configuration /nonexistent/x: No such file" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct run_config c;

		assert_true(parse(&c, t[i].words) < 0);
		assert_int_equal(reported.nr, 1);
		if (!strstr(reported.text, t[i].says))
			fail_msg("%s\nsays: %s\nnot: %s", t[i].words, reported.text, t[i].says);
	}
}

/* A sub-command with an option and arguments of its own. */
struct own {
	bool json;
	unsigned words;
};

static error_t own_key(int key, char *arg, struct argp_state *state)
{
	struct own *own = state->input;

	(void)arg;
	if (key == CONFIG_KEY_OWN)
		own->json = true;
	else if (key == ARGP_KEY_ARG)
		own->words++;
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

static void commands_add_their_own(void **state)
{
	static const struct argp_option own_options[] = {
		{ .doc = "Own" },
		{ "json", CONFIG_KEY_OWN, NULL, 0, "as JSON", 0 },
		{ "svg", CONFIG_KEY_OWN + 1, "FILE", 0, "draw", 0 },
		{ 0 },
	};
	static const struct argp own_argp = { .options = own_options, .parser = own_key };
	struct own own = { 0 };
	struct config_line l = { .name = "plan", .doc = "Test.", .args = "[WORD...]",
		.own = &own_argp, .own_input = &own };
	struct run_config c;

	(void)state;
	assert_int_equal(parse_line(&c, &l, "a --json -c 2 b"), 0);
	assert_true(own.json);
	assert_int_equal(own.words, 2);
	assert_int_equal(c.cpus, 2);
	run_config_fini(&c);
	assert_int_equal(parse_line(&c, &l, "a --jsno"), -EINVAL);
	assert_string_equal(reported.text, "--jsno: no such option; did you mean \"json\"?");
	assert_int_equal(parse_line(&c, &l, "a --svg"), -EINVAL);
	assert_string_equal(reported.text, "--svg: a value must follow: --svg FILE");
	assert_int_equal(parse_line(&c, &l, "a --json=3"), -EINVAL);
	assert_string_equal(reported.text, "--json: takes no value");
	assert_int_equal(reported.nr, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms_mean_the_same),
		cmocka_unit_test(switches_take_their_forms),
		cmocka_unit_test(command_line_wins_over_files),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(commands_add_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
