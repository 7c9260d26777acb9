/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_agent.c - frames, orders and the guest's words: what is encoded is decoded, and nothing else is. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/agent/guest.h"
#include "launcher/agent/order.h"
#include "launcher/exec_order.h"

static void frames_have_a_header_and_a_size(void **state)
{
	uint8_t buf[FRAME_HEADER + 16] = { 0 };
	struct frame f;

	(void)state;
	frame_header(buf, FRAME_DATA, STREAM_ERR, 16);
	for (uint32_t nr = 0; nr < sizeof(buf); nr++)
		assert_int_equal(frame_decode(&f, buf, nr, FRAME_FROM_EXEC), 0);
	assert_int_equal(frame_decode(&f, buf, sizeof(buf), FRAME_FROM_EXEC), sizeof(buf));
	assert_int_equal(f.type, FRAME_DATA);
	assert_int_equal(f.stream, STREAM_ERR);
	assert_int_equal(f.size, 16);
	assert_ptr_equal(f.payload, buf + FRAME_HEADER);
}

static void refused(enum frame_type type, unsigned stream, uint32_t size, enum frame_sender sender)
{
	uint8_t buf[FRAME_HEADER];
	struct frame f;

	frame_header(buf, type, (enum stream_id)stream, size);
	assert_int_equal(frame_decode(&f, buf, sizeof(buf), sender), -EPROTO);
}

static void frames_that_nobody_sends_are_refused(void **state)
{
	uint8_t buf[FRAME_HEADER];
	struct frame f;

	(void)state;
	refused((enum frame_type)0, 0, 0, FRAME_FROM_EXEC);
	refused(FRAME_TYPES, 0, 0, FRAME_FROM_EXEC);
	refused(FRAME_EXIT, 0, 2, FRAME_FROM_EXEC);
	refused(FRAME_START, 0, 0, FRAME_FROM_AGENT);
	refused(FRAME_DATA, STREAMS, 1, FRAME_FROM_EXEC);
	refused(FRAME_SIGNAL, STREAM_OUT, 1, FRAME_FROM_EXEC);
	refused(FRAME_DATA, 0, 0, FRAME_FROM_EXEC);
	refused(FRAME_DATA, 0, FRAME_PAYLOAD_MAX + 1, FRAME_FROM_EXEC);
	refused(FRAME_CREDIT, 0, 3, FRAME_FROM_EXEC);
	refused(FRAME_ORDER, 0, UINT32_MAX, FRAME_FROM_EXEC);
	frame_header(buf, FRAME_START, STREAM_IN, 0);
	buf[7] = 1;
	assert_int_equal(frame_decode(&f, buf, sizeof(buf), FRAME_FROM_EXEC), -EPROTO);
}

static void a_hello_has_the_magic_word(void **state)
{
	const struct frame_hello said = { .version = 7, .key = { 1, 2, 3, [15] = 255 } };
	uint8_t buf[FRAME_HELLO_BYTES];
	struct frame f = { .type = FRAME_HELLO, .size = sizeof(buf), .payload = buf };
	struct frame_hello heard;

	(void)state;
	frame_hello_encode(buf, &said);
	assert_true(frame_hello_decode(&heard, &f));
	assert_int_equal(heard.version, 7);
	assert_memory_equal(heard.key, said.key, sizeof(said.key));
	buf[0] ^= 1;
	assert_false(frame_hello_decode(&heard, &f));
}

#define TEXT(s) ((char[]){ s })

static struct order example(void)
{
	static char prog[] = "prog", none[] = "", ab[] = "a b", one[] = "A=1", two[] = "B=", dir[] = "/some where";
	static char *args[] = { prog, none, ab, NULL }, *env[] = { one, two, NULL };
	static uint32_t groups[] = { 4, 24, 100000 }, cpus[] = { 0, 3, 17 };

	return (struct order){ .nr_args = 3, .args = args, .nr_env = 2, .env = env, .cwd = dir, .program = dir,
		.umask = 027, .uid = 1000, .gid = 100, .nr_groups = 3, .groups = groups, .nr_cpus = 3, .cpus = cpus,
		.ignored = 1ull << 63 | 1, .limits = 1u << 7 | 1u << 15,
		.limit = { [7] = { 1024, UINT64_MAX }, [15] = { 0, 1 } },
		.stream = { ORDER_TTY, ORDER_PIPE, ORDER_LIKE_OUT }, .window = { 24, 80, 1, 65535 },
		.pmi = ORDER_PMI_FD, .pmi_fd = 6 };
}

static void an_order_comes_back_as_it_was(void **state)
{
	const struct order o = example();
	struct order_bytes b = { 0 };
	struct order d;

	(void)state;
	order_encode(&b, &o);
	assert_int_equal(b.err, 0);
	assert_int_equal(order_decode(&d, b.at, b.nr), 0);
	assert_int_equal(d.nr_args, 3);
	for (int i = 0; i < 3; i++)
		assert_string_equal(d.args[i], o.args[i]);
	assert_null(d.args[3]);
	assert_string_equal(d.env[1], "B=");
	assert_null(d.env[2]);
	assert_string_equal(d.cwd, o.cwd);
	assert_string_equal(d.program, o.program);
	assert_memory_equal(d.groups, o.groups, sizeof(uint32_t) * 3);
	assert_memory_equal(d.cpus, o.cpus, sizeof(uint32_t) * 3);
	assert_memory_equal(d.limit, o.limit, sizeof(o.limit));
	assert_memory_equal(&d.window, &o.window, sizeof(o.window));
	assert_memory_equal(d.stream, o.stream, sizeof(o.stream));
	assert_true(d.umask == o.umask && d.uid == o.uid && d.gid == o.gid && d.ignored == o.ignored &&
		    d.limits == o.limits && d.pmi == o.pmi && d.pmi_fd == o.pmi_fd);
	order_fini(&d);
	free(b.at);
}

static void a_part_of_an_order_is_none(void **state)
{
	const struct order o = example();
	struct order_bytes b = { 0 };
	uint32_t whole = 0;

	(void)state;
	order_encode(&b, &o);
	for (uint32_t nr = 0; nr < b.nr; nr++) {
		/* A copy of its own, so that a read past its end is seen. */
		uint8_t *part = malloc(nr + 1);
		struct order d;

		memcpy(part, b.at, nr);
		if (order_decode(&d, part, nr) == 0) {
			whole++; /* it ends between two fields that may be left out */
			order_fini(&d);
		}
		free(part);
	}
	assert_in_range(whole, 1, 20);
	free(b.at);
}

static void many_arguments_are_kept(void **state)
{
	char *args[1001], *env[] = { NULL };
	struct order o = { .nr_args = 1000, .args = args, .env = env, .cwd = TEXT("/"), .uid = 1 }, d;
	char odd[] = "odd", even[] = "even";
	struct order_bytes b = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		args[i] = i % 2 ? odd : even;
	order_encode(&b, &o);
	assert_int_equal(order_decode(&d, b.at, b.nr), 0);
	assert_int_equal(d.nr_args, 1000);
	assert_string_equal(d.args[999], "odd");
	assert_null(d.args[1000]);
	assert_non_null(d.env);
	order_fini(&d);
	free(b.at);
}

static void an_order_can_be_too_large(void **state)
{
	char *large = malloc(ORDER_BYTES_MAX), *args[] = { large, NULL };
	const struct order o = { .nr_args = 1, .args = args, .cwd = TEXT("/") };
	struct order_bytes b = { 0 };

	(void)state;
	memset(large, 'x', ORDER_BYTES_MAX - 1);
	large[ORDER_BYTES_MAX - 1] = 0;
	order_encode(&b, &o);
	assert_int_equal(b.err, -E2BIG);
	free(b.at);
	free(large);
}

static void environments_follow_the_rules_in_their_order(void **state)
{
	char *from[] = { TEXT("A=1"), TEXT("SSH_X=2"), TEXT("SSH_Y=3"), TEXT("B"), TEXT("HYDI_CONTROL_FD=7"), NULL };
	char *rules[] = { TEXT("-SSH_*"), TEXT("A=9"), TEXT("SSH_X=new"), TEXT("-B"), TEXT("C=") };
	const struct config_strings r = { 5, rules };
	char **list;
	uint32_t nr;

	(void)state;
	assert_int_equal(exec_env_make(&list, &nr, from, &r), 0);
	assert_int_equal(nr, 3);
	assert_string_equal(list[0], "A=9");
	assert_string_equal(list[1], "SSH_X=new");
	assert_string_equal(list[2], "C=");
	assert_null(list[3]);
	free(list);
}

static void the_guest_reads_its_words(void **state)
{
	struct guest_words w;

	(void)state;
	guest_words_parse(&w, "quiet thole.key=000102030405060708090a0b0c0d0eff thole.vsock=77 thole.hostname=n1 "
		"thole.address=10.0.0.1/24 other thole.\n");
	assert_true(w.has_key);
	assert_int_equal(w.key[15], 0xff);
	assert_int_equal(w.key[1], 1);
	assert_int_equal(w.port, 77);
	assert_string_equal(w.hostname, "n1");
	assert_string_equal(w.address, "10.0.0.1/24");
	guest_words_parse(&w, "thole.key=00 athole.vsock=3");
	assert_false(w.has_key);
	assert_int_equal(w.port, 1024);
	guest_words_parse(&w, "thole.key=000102030405060708090a0b0c0d0efg");
	assert_false(w.has_key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_have_a_header_and_a_size),
		cmocka_unit_test(frames_that_nobody_sends_are_refused),
		cmocka_unit_test(a_hello_has_the_magic_word),
		cmocka_unit_test(an_order_comes_back_as_it_was),
		cmocka_unit_test(a_part_of_an_order_is_none),
		cmocka_unit_test(many_arguments_are_kept),
		cmocka_unit_test(an_order_can_be_too_large),
		cmocka_unit_test(environments_follow_the_rules_in_their_order),
		cmocka_unit_test(the_guest_reads_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
