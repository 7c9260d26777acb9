/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_option.c - the table is sound, and every kind of value is read, refused and printed. */
#include "tests/unit/config_helper.h"

#include <errno.h>

#include "launcher/option.h"
#include "launcher/suggest.h"

static void rows_are_sound(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < options_nr; i++) {
		const struct option_row *o = &options[i];

		assert_non_null(o->help);
		assert_true(strlen(o->name) <= 20);
		assert_true(strlen(o->help) <= 80);
		assert_true(o->help[strlen(o->help) - 1] != '.');
		assert_null(strpbrk(o->help, "\t\n"));
		assert_true((o->arg == NULL) == (o->type->bare == BARE_BOOL));
		assert_ptr_equal(option_find(o->name), o);
		for (uint32_t j = 0; j < i; j++) {
			assert_string_not_equal(o->name, options[j].name);
			assert_true(!o->letter || o->letter != options[j].letter);
			assert_true(options[j].at != o->at);
		}
		assert_true(!strchr("foh", o->letter) || !o->letter);
	}
	assert_null(option_find("no-such"));
}

/* The option that is tested, on defaults. */
static char *set_and_print(const char *name, const char *text, struct complaint *why)
{
	const struct option_row *o = option_find(name);
	struct run_config c;
	char *printed = NULL;

	assert_non_null(o);
	assert_int_equal(run_config_init(&c), 0);
	why->text[0] = 0;
	if (option_set(&c, o, text, why) == 0)
		printed = option_text(&c, o, option_count(&c, o) - 1);
	run_config_fini(&c);
	return printed;
}

static void good_values_print_in_one_form(void **state)
{
	static const struct {
		const char *name, *text, *printed;
	} t[] = {
		{ "memory", "2M", "2M" },
		{ "memory", "2048k", "2M" },
		{ "memory", "64GiB", "64G" },
		{ "memory", "1536M", "1536M" },
		{ "memory", "4096T", "4096T" },
		{ "memory", "0x10M", "16M" },
		{ "guest-page", "1024M", "1G" },
		{ "cpus", "1", "1" },
		{ "cpus", "0x10", "16" },
		{ "stop-timeout", "0s", "0s" },
		{ "stop-timeout", "1500ms", "1500ms" },
		{ "stop-timeout", "2min", "120s" },
		{ "debug-exit", "none", "none" },
		{ "debug-exit", "244", "0xf4" },
		{ "debug-exit", "0xffff", "0xffff" },
		{ "force", "YES", "yes" },
		{ "force", "off", "no" },
		{ "console", "none", "none" },
		{ "console-device", "virtio", "virtio" },
		{ "port", "data=socket:/run/a=b", "data=socket:/run/a=b" },
		{ "port", "log.1=file:log", "log.1=file:log" },
		{ "port", "agent=fd:3", "agent=fd:3" },
		{ "share", "data=/srv", "data=/srv" },
		{ "share", "a.b=x=y,at=/z,ro", "a.b=x=y,ro,at=/z" },
		{ "disk", "image", "image,format=raw" },
		{ "disk", "a.qcow2", "a.qcow2,format=qcow2" },
		{ "disk", "a.qcow2,ro,format=raw", "a.qcow2,format=raw,ro" },
		{ "disk", "/dev/sda,overlay=temp", "/dev/sda,format=raw,overlay=temp" },
		{ "vsock", "auto", "auto" },
		{ "net", "bridge=br0", "bridge=br0" },
		{ "net", "tap=t0,bridge=br0", "bridge=br0,tap=t0" },
		{ "net", "queues=4,tap=t0,mtu=0x2328,mac=02:AB:cd:00:00:01",
			"tap=t0,mac=02:ab:cd:00:00:01,queues=4,mtu=9000" },
		{ "net", "macvtap=enp1s0f0,queues=31", "macvtap=enp1s0f0,queues=31" },
		{ "net", "fd=3,fd=7", "fd=3,fd=7" },
		{ "vsock", "none", "none" },
		{ "vsock", "0x10", "16" },
		{ "vsock", "4294967294", "4294967294" },
		{ "console", "file:/tmp/a:b", "file:/tmp/a:b" },
		{ "policy", "spread", "spread" },
		{ "log-level", "debug", "debug" },
		{ "hugepages", "thp", "thp" },
		{ "sched", "other", "other" },
		{ "sched", "fifo:99", "fifo:99" },
		{ "name", "node-7.a_b", "node-7.a_b" },
		{ "append", "", "" },
		{ "append", "console=ttyS0 \"x\"", "console=ttyS0 \"x\"" },
		{ "host-cpus", "8-11,0", "0,8-11" },
		{ "pin", "1=5,0=4", "0=4,1=5" },
		{ "node", "3:cpus=0-1,4", "3:cpus=0-1,4" },
		{ "node", "0:cpus=0-1,4,mem=8G", "0:mem=8G,cpus=0-1,4" },
		{ "node", "0:host=2,cpus=,mem=8G", "0:mem=8G,cpus=,host=2" },
		{ "module", "a.bin x y", "a.bin x y" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct complaint why;
		char *printed = set_and_print(t[i].name, t[i].text, &why);
		char *again;

		assert_string_equal(why.text, "");
		assert_non_null(printed);
		assert_string_equal(printed, t[i].printed);
		again = set_and_print(t[i].name, printed, &why);
		assert_string_equal(again, printed);
		free(printed);
		free(again);
	}
}

static void bad_values_are_refused_with_the_remedy(void **state)
{
	static const struct {
		const char *name, *text, *says;
	} t[] = {
		{ "memory", "", "expected a size such as" },
		{ "memory", "-1G", "expected a size such as" },
		{ "memory", "64", "64M? 64G?" },
		{ "memory", "0", "at least 2M" },
		{ "memory", "1M", "at least 2M" },
		{ "memory", "4097T", "at most 4096T" },
		{ "memory", "18000000000G", "no machine is that large" },
		{ "memory", "99999999999999999999999G", "expected a size" },
		{ "memory", "1.5G", "1536M rather than 1.5G" },
		{ "memory", "3001K", "multiple of 4K; the nearest is 3000K" },
		{ "memory", "3003K", "multiple of 4K; the nearest is 3004K" },
		{ "memory", "64GB", "KiB, MiB, GiB" },
		{ "memory", "64 G", "the unit is one of" },
		{ "memory", "0x", "expected a size" },
		{ "guest-page", "4M", "expected one of 4K, 2M, 1G" },
		{ "cpus", "0", "from 1 to 8192" },
		{ "net", "", "expected one of tap=NAME, bridge=NAME" },
		{ "net", "mtu=1500", "expected one of tap=NAME, bridge=NAME" },
		{ "net", "br0", "\"br0\" is none of tap=" },
		{ "net", "bridge=br0,model=e1000", "\"model\" is none of tap=" },
		{ "net", "bridge=br0,macvtap=eth0", "one of tap=, bridge=, macvtap= and fd= is enough" },
		{ "net", "fd=3,tap=t0", "is enough" },
		{ "net", "bridge=br0,bridge=br1", "is enough" },
		{ "net", "bridge=br0,tap=a,tap=b", "twice" },
		{ "net", "bridge=", "is no interface's name" },
		{ "net", "tap=sixteen-letters-", "is no interface's name" },
		{ "net", "tap=../x", "is no interface's name" },
		{ "net", "tap=thole%d", "is no interface's name" },
		{ "net", "tap=t,queues=0", "queues is from 1 to 31" },
		{ "net", "tap=t,queues=32", "queues is from 1 to 31" },
		{ "net", "tap=t,mtu=67", "mtu is from 68 to 65521" },
		{ "net", "tap=t,mtu=65522", "mtu is from 68 to 65521" },
		{ "net", "tap=t,mac=03:00:00:00:00:01", "one station's address" },
		{ "net", "tap=t,mac=00:00:00:00:00:00", "one station's address" },
		{ "net", "tap=t,mac=02:00:00:00:00", "one station's address" },
		{ "net", "tap=t,mac=02:00:00:00:00:01:02", "one station's address" },
		{ "net", "tap=t,mac=02:00:00:00:00:0g", "one station's address" },
		{ "net", "fd=3,queues=2", "leave queues= out" },
		{ "net", "fd=x", "a descriptor is a number" },
		{ "vsock", "2", "from 3 to 4294967294; 2 is the host's" },
		{ "vsock", "4294967295", "from 3 to" },
		{ "vsock", "3x", "expected an address such as 42" },
		{ "vsock", "", "expected an address such as 42" },
		{ "cpus", "8193", "from 1 to 8192" },
		{ "cpus", "four", "expected a number of vCPUs" },
		{ "cpus", "1,", "a list looks like" },
		{ "cpus", "7-0", "runs backwards" },
		{ "stop-timeout", "30", "30s?" },
		{ "stop-timeout", "2h", "needs a unit" },
		{ "stop-timeout", "61min", "at most 60min" },
		{ "stop-timeout", "s", "expected a time" },
		{ "debug-exit", "65536", "0xffff" },
		{ "debug-exit", "-1", "or none" },
		{ "force", "2", "yes or no" },
		{ "console", "file:", "file:PATH" },
		{ "port", "data", "NAME=file:PATH" },
		{ "share", "", "TAG=PATH" },
		{ "share", "data", "TAG=PATH" },
		{ "share", "data=", "TAG=PATH" },
		{ "share", "data=,ro", "TAG=PATH" },
		{ "share", "=/srv", "36 at most" },
		{ "share", "1234567890123456789012345678901234567=/srv", "36 at most" },
		{ "share", "data=/srv,rw", "ro or at=DIR" },
		{ "share", "data=/srv,at=", "ro or at=DIR" },
		{ "share", "data=/srv,at=here", "in the guest" },
		{ "disk", "", "an image" },
		{ "disk", ",ro", "an image" },
		{ "disk", "x,format=vmdk", "raw or qcow2" },
		{ "disk", "x,overlay=", "overlay=" },
		{ "disk", "x,fast", "after the image" },
		{ "disk", "x,ro,overlay=temp", "either ro or overlay" },
		{ "port", "data=", "NAME=file:PATH" },
		{ "port", "data=file:", "NAME=file:PATH" },
		{ "port", "data=tcp:1", "NAME=file:PATH" },
		{ "port", "=file:x", "letters" },
		{ "port", "a b=file:x", "letters" },
		{ "port", "data=fd:x", "a number" },
		{ "port", "data=fd:99999999999", "a number" },
		{ "console", "pty", "file:PATH" },
		{ "policy", "like_host", "like-host, one-node, spread" },
		{ "sched", "fifo:0", "from 1 to 99" },
		{ "sched", "fifo:1x", "from 1 to 99" },
		{ "sched", "rr:3", "expected other" },
		{ "name", "", "starts with a letter" },
		{ "name", "../x", "starts with a letter" },
		{ "name", "a/b", "made of letters" },
		{ "kernel", "", "name of a file" },
		{ "host-cpus", "", "expected a list" },
		{ "host-cpus", "8192", "above 8191" },
		{ "pin", "", "0=4,1=5" },
		{ "pin", "0=1,", "0=4,1=5" },
		{ "pin", "0=1;1=2", "0=4,1=5" },
		{ "pin", "0=1,0=2", "pinned twice" },
		{ "pin", "0=8192", "above 8191" },
		{ "node", "0", "N:mem=SIZE,cpus=LIST" },
		{ "node", "0:", "expected mem=SIZE, cpus=LIST or host=NODE" },
		{ "node", "64:mem=1G", "from 0 to 63" },
		{ "node", "0:mem=0G", "not 0" },
		{ "node", "0:mem=1G,mem=1G", "twice" },
		{ "node", "0:cpus=1,cpus=2", "twice" },
		{ "node", "0:mem=1G,", "expected mem=SIZE" },
		{ "node", "0:mem=1", "a number with a unit" },
		{ "node", "0:mem=1G,cpus=", "say host=NODE" },
		{ "module", "", "a file" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct complaint why;

		assert_null(set_and_print(t[i].name, t[i].text, &why));
		if (!strstr(why.text, t[i].says))
			fail_msg("%s=%s: \"%s\" doesn't say \"%s\"", t[i].name, t[i].text, why.text,
				t[i].says);
	}
}

static void fields_hold_what_was_said(void **state)
{
	struct run_config c;
	struct complaint why;

	(void)state;
	assert_int_equal(run_config_init(&c), 0);
	assert_int_equal(c.memory, 0);
	assert_int_equal(c.guest_page, MiB(2));
	assert_int_equal(c.debug_exit, -1);
	assert_int_equal(c.stop_timeout_ms, 30000);
	assert_int_equal(c.log_level, LOG_LEVEL_INFO);
	assert_int_equal(c.console.kind, CONFIG_CONSOLE_STDIO);
	assert_null(c.kernel);
	assert_int_equal(option_set(&c, option_find("pin"), "1=5,0=4", &why), 0);
	assert_int_equal(c.pin.nr, 2);
	assert_int_equal(c.pin.at[0].vcpu, 0);
	assert_int_equal(c.pin.at[0].cpu.os, 4);
	assert_int_equal(option_set(&c, option_find("node"), "1:mem=8G,cpus=2-3", &why), 0);
	assert_int_equal(option_set(&c, option_find("node"), "1:mem=4G", &why), -EINVAL);
	assert_string_equal(why.text, "node 1 is described twice");
	assert_int_equal(c.node.nr, 1);
	assert_int_equal(c.node.at[0].bytes, GiB(8));
	assert_int_equal(c.node.at[0].nr_vcpus, 2);
	assert_int_equal(c.node.at[0].vcpu[1], 3);
	assert_int_equal(option_set(&c, option_find("sched"), "fifo:7", &why), 0);
	assert_true(c.sched.fifo);
	assert_int_equal(c.sched.priority, 7);
	assert_int_equal(option_set(&c, option_find("console"), "file:x", &why), 0);
	assert_int_equal(option_set(&c, option_find("console"), "file:", &why), -EINVAL);
	assert_string_equal(c.console.path, "x");
	run_config_fini(&c);
	assert_null(c.console.path);
	run_config_fini(&c);
}

static void ports_have_names_of_their_own(void **state)
{
	struct run_config c;
	struct complaint why;

	(void)state;
	assert_int_equal(run_config_init(&c), 0);
	assert_int_equal(option_set(&c, option_find("port"), "a=file:x", &why), 0);
	assert_int_equal(option_set(&c, option_find("port"), "b=fd:7", &why), 0);
	assert_int_equal(option_set(&c, option_find("port"), "a=socket:y", &why), -EINVAL);
	assert_non_null(strstr(why.text, "already"));
	assert_int_equal(c.port.nr, 2);
	assert_string_equal(c.port.at[0].path, "x");
	assert_int_equal(c.port.at[1].fd, 7);
	run_config_fini(&c);
	assert_int_equal(c.port.nr, 0);
}

static void shares_have_tags_of_their_own(void **state)
{
	struct run_config c;
	struct complaint why;

	(void)state;
	assert_int_equal(run_config_init(&c), 0);
	assert_int_equal(option_set(&c, option_find("share"), "a=/x,at=/y", &why), 0);
	assert_int_equal(option_set(&c, option_find("share"), "b=/x,ro", &why), 0);
	assert_int_equal(option_set(&c, option_find("share"), "a=/z", &why), -EINVAL);
	assert_non_null(strstr(why.text, "already"));
	assert_int_equal(c.share.nr, 2);
	assert_string_equal(c.share.at[0].at, "/y");
	assert_true(c.share.at[1].ro);
	assert_int_equal(run_config_finish(&c), 0);
	assert_true(c.share_memory);
	run_config_fini(&c);
	assert_int_equal(c.share.nr, 0);
}

/* What only an initramfs of ours can do is refused elsewhere, and what contradicts itself everywhere. */
static void guests_without_an_image_are_checked(void **state)
{
	static const struct {
		const char *given[4]; /* key, value, key, value */
		int err;
	} t[] = {
		{ { "kernel", "auto", "root", "host" }, 0 },
		{ { "kernel", "auto", "root", "/tree" }, 0 },
		{ { "kernel", "auto" }, -EINVAL },
		{ { "kernel", "auto", "root", "disk" }, -EINVAL },
		{ { "kernel", "auto", "initrd", "x" }, -EINVAL },
		{ { "kernel", "x", "root", "host" }, -EINVAL },
		{ { "kernel", "x", "init", "/bin/sh" }, -EINVAL },
		{ { "kernel", "x", "share", "a=/b,at=/c" }, -EINVAL },
		{ { "kernel", "x", "share", "a=/b" }, 0 },
		{ { "kernel", "x", "disk", "y" }, 0 },
		{ { "payload", "x", "disk", "y" }, -EINVAL },
		{ { "payload", "x", "share", "a=/b" }, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct run_config c;
		struct complaint why;

		assert_int_equal(run_config_init(&c), 0);
		for (size_t k = 0; k < 4 && t[i].given[k]; k += 2)
			assert_int_equal(option_set(&c, option_find(t[i].given[k]), t[i].given[k + 1], &why), 0);
		assert_int_equal(run_config_finish(&c), 0);
		assert_int_equal(run_config_check(&c), t[i].err);
		run_config_fini(&c);
	}
}

static void cpus_is_a_count_or_a_list(void **state)
{
	static const struct {
		const char *first, *second;
		uint32_t cpus, host_cpus;
	} t[] = {
		{ NULL, NULL, 1, 0 },
		{ "4", NULL, 4, 0 },
		{ "0-7,16-23", NULL, 16, 16 },
		{ "4", "0-7", 4, 8 },
		{ "0-7", "4", 4, 8 },
		{ "4", "2", 2, 0 },
		{ "0-7", "0-3", 4, 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const struct option_row *o = option_find("cpus");
		struct complaint why;
		struct run_config c;

		assert_int_equal(run_config_init(&c), 0);
		if (t[i].first)
			assert_int_equal(option_set(&c, o, t[i].first, &why), 0);
		if (t[i].second)
			assert_int_equal(option_set(&c, o, t[i].second, &why), 0);
		assert_int_equal(run_config_finish(&c), 0);
		assert_int_equal(c.cpus, t[i].cpus);
		assert_int_equal(c.host_cpus.nr, t[i].host_cpus);
		run_config_fini(&c);
	}
}

static void what_follows_has_the_same_limits(void **state)
{
	const struct option_row *node = option_find("node"), *memory = option_find("memory");
	struct complaint why;
	struct run_config c;

	(void)state;
	assert_int_equal(run_config_init(&c), 0);
	assert_int_equal(run_config_finish(&c), 0);
	assert_int_equal(c.memory, GiB(1));
	run_config_fini(&c);
	assert_int_equal(run_config_init(&c), 0);
	assert_int_equal(option_set(&c, node, "0:mem=1M", &why), 0);
	report_start();
	assert_int_equal(run_config_finish(&c), -EINVAL);
	assert_string_equal(reported.text, "the nodes' memory together, 1024K: at least 2M is "
		"needed; say what it is with --memory");
	assert_int_equal(option_set(&c, node, "1:mem=3M", &why), 0);
	assert_int_equal(run_config_finish(&c), 0);
	assert_int_equal(c.memory, MiB(4));
	run_config_fini(&c);
	assert_int_equal(run_config_init(&c), 0);
	assert_int_equal(option_set(&c, node, "0:mem=1M", &why), 0);
	assert_int_equal(option_set(&c, memory, "8M", &why), 0);
	assert_int_equal(run_config_finish(&c), 0);
	assert_int_equal(c.memory, MiB(8));
	run_config_fini(&c);
}

static const char *suggest_option(const char *word)
{
	struct suggest s;

	suggest_start(&s, word);
	for (uint32_t i = 0; i < options_nr; i++)
		suggest_offer(&s, options[i].name);
	return s.best ? s.best : "";
}

static void near_names_are_suggested(void **state)
{
	(void)state;
	assert_string_equal(suggest_option("memroy"), "memory");
	assert_string_equal(suggest_option("stop_timeout"), "stop-timeout");
	assert_string_equal(suggest_option("cpu"), "cpus");
	assert_string_equal(suggest_option("modules"), "module");
	assert_string_equal(suggest_option("huge"), "hugepages");
	assert_string_equal(suggest_option("xyzzy"), "");
	assert_string_equal(suggest_option("a"), "");
	assert_string_equal(suggest_option(""), "");
	assert_string_equal(suggest_option("memorymemorymemorymemorymemorymemory"), "");
}

static void contradictions_are_found(void **state)
{
	struct run_config c = { 0 };
	char a[] = "a";

	(void)state;
	report_start();
	assert_int_equal(run_config_check(&c), -EINVAL);
	c.kernel = a;
	assert_int_equal(run_config_check(&c), 0);
	c.initrd = a;
	assert_int_equal(run_config_check(&c), 0);
	c.payload = a;
	assert_int_equal(run_config_check(&c), -EINVAL);
	c.kernel = NULL;
	assert_int_equal(run_config_check(&c), -EINVAL);
	c.initrd = NULL;
	assert_int_equal(run_config_check(&c), 0);
	assert_int_equal(reported.nr, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sound),
		cmocka_unit_test(good_values_print_in_one_form),
		cmocka_unit_test(bad_values_are_refused_with_the_remedy),
		cmocka_unit_test(fields_hold_what_was_said),
		cmocka_unit_test(ports_have_names_of_their_own),
		cmocka_unit_test(shares_have_tags_of_their_own),
		cmocka_unit_test(guests_without_an_image_are_checked),
		cmocka_unit_test(cpus_is_a_count_or_a_list),
		cmocka_unit_test(what_follows_has_the_same_limits),
		cmocka_unit_test(near_names_are_suggested),
		cmocka_unit_test(contradictions_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
