/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_control.c - names of machines in a directory, requests to them, and rates out of counters. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipi/ipi_policy.h"
#include "launcher/berth.h"
#include "launcher/config.h"
#include "launcher/control_client.h"
#include "launcher/exec_start.h"
#include "launcher/machine.h"
#include "launcher/stat_print.h"

static char dir[] = "/tmp/thole-test-control.XXXXXX";

static int dir_make(void **state)
{
	(void)state;
	return mkdtemp(dir) && setenv("XDG_RUNTIME_DIR", dir, 1) == 0 ? 0 : -1;
}

static int dir_remove(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/thole", dir);
	return rmdir(path) == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static int taken(struct berth *b, const char *name)
{
	char path[PATH_MAX];
	int harbour = harbour_open(path);

	assert_true(harbour >= 0);
	assert_int_equal(harbour_lock(harbour), 0);
	return berth_take(b, harbour, path, name);
}

static void a_name_is_taken_once(void **state)
{
	struct berth a, b, c;
	char path[PATH_MAX];
	int fd, harbour;

	(void)state;
	assert_int_equal(taken(&a, "one"), 0);
	harbour_unlock(a.harbour);
	assert_int_equal(taken(&b, "one"), -EBUSY);
	assert_int_equal(taken(&c, "two"), 0);
	harbour_unlock(c.harbour);
	harbour = harbour_open(path);
	assert_true(berth_is_taken(harbour, "one"));
	assert_false(berth_is_taken(harbour, "three"));
	fd = berth_connect(harbour, "one");
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(berth_connect(harbour, "three"), -ENOENT);
	assert_memory_not_equal(a.key, c.key, sizeof(a.key));
	berth_leave(&a);
	berth_leave(&c);
	assert_int_equal(berth_connect(harbour, "one"), -ENOENT);
	close(harbour);
}

static void what_a_killed_process_left_is_taken_over(void **state)
{
	pid_t pid = fork();
	struct berth b;
	char path[PATH_MAX];
	int harbour, status;

	(void)state;
	if (pid == 0)
		_exit(taken(&b, "stale") != 0);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	harbour = harbour_open(path);
	assert_false(berth_is_taken(harbour, "stale"));
	assert_int_equal(berth_connect(harbour, "stale"), -ECONNREFUSED);
	assert_int_equal(taken(&b, "stale"), 0);
	berth_leave(&b);
	close(harbour);
}

static pid_t starter;

/* Ends the starter as soon as it has a child: fork(2) calls this in the parent. */
static void leave_early(void)
{
	if (getpid() == starter)
		_exit(0);
}

/* A machine of no kernel, which takes its berth, finds that out, and leaves. */
static void machine_start_and_die(void) noreturn_fn;

static void machine_start_and_die(void)
{
	struct run_config cfg;
	char path[PATH_MAX];
	int harbour = harbour_open(path), err;
	cpu_set_t cpus;

	starter = getpid();
	if (harbour < 0 || run_config_init(&cfg) != 0 || !(cfg.name = strdup("orphan")) ||
		sched_getaffinity(0, sizeof(cpus), &cpus) < 0 || pthread_atfork(NULL, leave_early, NULL) != 0)
		_exit(1);
	err = exec_start(harbour, path, &cfg, &cpus);
	_exit(err ? 2 : 3);
}

static bool name_is_there(int harbour, const char *name)
{
	return faccessat(harbour, name, F_OK, 0) == 0;
}

static void a_machine_whose_starter_is_gone_goes_on(void **state)
{
	char path[PATH_MAX];
	int harbour, status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		machine_start_and_die();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	harbour = harbour_open(path);
	assert_true(harbour >= 0);
	/* It takes its directory with it, and is not killed by what it says to nobody. */
	for (int i = 0; i < 3000 && name_is_there(harbour, "orphan"); i++)
		usleep(10000);
	assert_false(name_is_there(harbour, "orphan"));
	close(harbour);
}

static void a_directory_that_others_can_enter_is_not_used(void **state)
{
	char path[PATH_MAX];
	int harbour = harbour_open(path);

	(void)state;
	close(harbour);
	chmod(path, 0755);
	assert_int_equal(harbour_open(path), -EPERM);
	chmod(path, 0700);
}

static void parsed(const char *line, int wanted, struct control_request *r)
{
	const char *why = NULL;

	assert_int_equal(control_request_parse(r, line, strlen(line), &why), wanted);
	assert_true(!wanted || why);
}

/* Asks to join, and is told to come again. */
static void joins_too_late(int fd)
{
	const struct control_request r = { .kind = CONTROL_JOIN };
	json_t *answer;
	int err;

	assert_int_equal(control_send(fd, &r), 0);
	answer = control_receive(fd, 20000, &err);
	assert_non_null(answer);
	assert_true(json_is_true(json_object_get(answer, "stopping")));
	json_decref(answer);
	close(fd);
}

static void who_asks_after_the_end_is_told_to_come_again(void **state)
{
	struct berth b;
	int fd;

	(void)state;
	assert_int_equal(taken(&b, "late"), 0);
	fd = berth_connect(b.harbour, "late");
	assert_true(fd >= 0);
	b.stopped = true;
	berth_leave(&b);
	joins_too_late(fd);
}

struct quitter {
	struct loop_source src;
	struct loop *loop;
};

static void quitter_ready(struct loop_source *src, uint32_t events)
{
	(void)events;
	loop_quit(container_of(src, struct quitter, src)->loop);
}

static void who_connected_before_the_end_is_told_to_come_again(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct quitter q;
	struct berth b;
	int fd;

	(void)state;
	assert_non_null(m);
	assert_int_equal(loop_init(&m->vm.loop, NULL, NULL), 0);
	assert_int_equal(taken(&b, "ending"), 0);
	assert_int_equal(control_start(&m->control, m, &b), 0);
	fd = berth_connect(b.harbour, "ending");
	assert_true(fd >= 0);
	q = (struct quitter){ { eventfd(1, EFD_CLOEXEC), quitter_ready }, &m->vm.loop };
	assert_int_equal(loop_add(&m->vm.loop, &q.src, EPOLLIN), 0);
	assert_int_equal(loop_run(&m->vm.loop), 0);
	assert_int_equal(m->control.nr_clients, 1);
	b.stopped = true;
	control_stop(&m->control);
	berth_leave(&b);
	joins_too_late(fd);
	loop_remove(&m->vm.loop, &q.src);
	close(q.src.fd);
	loop_fini(&m->vm.loop);
	free(m);
}

static void woken(void *ctx)
{
	loop_quit(ctx);
}

static void *loop_thread(void *arg)
{
	struct machine *m = arg;

	return loop_run(&m->vm.loop) == 0 ? m : NULL;
}

static int joined(const struct berth *b)
{
	const struct control_request r = { .kind = CONTROL_JOIN };
	int fd = berth_connect(b->harbour, b->name), err;
	json_t *answer;

	assert_true(fd >= 0);
	assert_int_equal(control_send(fd, &r), 0);
	answer = control_receive(fd, 20000, &err); /* without a vsock device it says no, and counts */
	assert_non_null(answer);
	json_decref(answer);
	return fd;
}

/* Says that it leaves, and hears whether that ends the machine. */
static bool leaves_as_last(int fd)
{
	json_t *answer;
	bool last;
	int err;

	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	answer = control_receive(fd, 20000, &err);
	assert_non_null(answer);
	last = json_is_true(json_object_get(answer, "stopping"));
	assert_true(last || json_is_true(json_object_get(answer, "done")));
	json_decref(answer);
	close(fd);
	return last;
}

static void who_leaves_hears_whether_it_was_the_last(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct berth b;
	pthread_t thread;
	void *rc;
	int one, two;

	(void)state;
	assert_non_null(m);
	assert_int_equal(loop_init(&m->vm.loop, woken, &m->vm.loop), 0);
	end_init(&m->vm.end, &m->vm.loop);
	m->stopper.vm = &m->vm;
	assert_int_equal(taken(&b, "left"), 0);
	harbour_unlock(b.harbour);
	b.transient = true;
	assert_int_equal(control_start(&m->control, m, &b), 0);
	assert_int_equal(pthread_create(&thread, NULL, loop_thread, m), 0);
	one = joined(&b);
	two = joined(&b);
	assert_false(leaves_as_last(two));
	assert_true(leaves_as_last(one));
	assert_int_equal(pthread_join(thread, &rc), 0);
	assert_ptr_equal(rc, m);
	assert_int_equal(end_kind(&m->vm.end), END_STOPPED);
	control_stop(&m->control);
	berth_leave(&b);
	loop_fini(&m->vm.loop);
	free(m);
}

static void a_machines_end_is_awaited(void **state)
{
	char path[PATH_MAX];
	struct berth b;
	int harbour, berth;

	(void)state;
	assert_int_equal(taken(&b, "awaited"), 0);
	harbour_unlock(b.harbour);
	harbour = harbour_open(path);
	berth = berth_open(harbour, "awaited");
	assert_true(berth >= 0);
	assert_false(berth_await(berth, 20));
	berth_leave(&b);
	assert_true(berth_await(berth, 20000));
	close(berth);
	assert_int_equal(berth_open(harbour, "awaited"), -ENOENT);
	close(harbour);
}

static void what_killed_ones_left_is_cleared(void **state)
{
	char path[PATH_MAX];
	struct berth b, stale;
	int harbour, status;
	pid_t pid;

	(void)state;
	assert_int_equal(taken(&b, "alive"), 0);
	harbour_unlock(b.harbour);
	pid = fork();
	if (pid == 0)
		_exit(taken(&stale, "dead") != 0);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	harbour = harbour_open(path);
	assert_int_equal(harbour_lock(harbour), 0);
	assert_true(name_is_there(harbour, "dead"));
	harbour_clear(harbour);
	assert_false(name_is_there(harbour, "dead"));
	assert_true(name_is_there(harbour, "alive"));
	close(harbour);
	berth_leave(&b);
}

static void requests_are_understood_or_refused(void **state)
{
	struct control_request r;

	(void)state;
	parsed("{\"request\": \"stop\", \"hard\": true}", 0, &r);
	assert_true(r.kind == CONTROL_STOP && r.hard && !r.keep);
	parsed("{\"request\":\"join\",\"keep\":true}", 0, &r);
	assert_true(r.kind == CONTROL_JOIN && r.keep && !r.hard);
	parsed("", -EINVAL, &r);
	parsed("[]", -EINVAL, &r);
	parsed("{}", -EINVAL, &r);
	parsed("{\"request\": 1}", -EINVAL, &r);
	parsed("{\"request\": \"dance\"}", -EINVAL, &r);
	parsed("{\"request\": \"stat\", \"hard\": 1}", -EINVAL, &r);
	parsed("{\"request\": \"stat\", \"other\": true}", -EINVAL, &r);
	parsed("{\"request\": \"stat\"} x", -EINVAL, &r);
}

static json_t *stat_at(double clock, int io, int exits)
{
	return json_pack("{s:s, s:f, s:f, s:i, s:{s:i, s:i}, s:[{s:i, s:i, s:{s:i}, s:{s:i, s:[i]}, s:{s:i, s:n}}]}", "name", "m", "clock",
		clock, "seconds", clock, "programs", 1, "memory", "bytes", 1 << 20, "resident", 4096, "vcpus", "index", 0,
		"host_cpu", 3, "exits", "io", io, "kvm", "exits", exits, "histogram", 7, "thread",
		"involuntary_switches", io / 5, "waited_ns");
}

static void rates_are_differences_over_time(void **state)
{
	json_t *a = stat_at(10, 100, 1000), *b = stat_at(12, 110, 1500), *rates = stat_rates(a, b), *v;

	(void)state;
	assert_non_null(rates);
	v = json_array_get(json_object_get(rates, "vcpus"), 0);
	assert_true(json_number_value(json_object_get(v, "exits_to_thole_per_second")) == 5);
	assert_true(json_number_value(json_object_get(v, "exits_per_second")) == 250);
	assert_true(json_number_value(json_object_get(json_object_get(v, "by_reason"), "io")) == 5);
	assert_true(json_number_value(json_object_get(v, "involuntary_switches_per_second")) == 1);
	assert_true(json_is_null(json_object_get(v, "waited_ns_per_second"))); /* this kernel doesn't tell */
	assert_true(json_is_null(json_object_get(v, "voluntary_switches_per_second")));
	assert_null(stat_rates(a, a));
	json_decref(rates);
	json_decref(a);
	json_decref(b);
}

static json_t *with_device(json_t *stat, int taken, int irq_exits, int injections)
{
	json_t *kvm = json_object_get(json_array_get(json_object_get(stat, "vcpus"), 0), "kvm");

	json_object_set_new(kvm, "irq_exits", json_integer(irq_exits));
	json_object_set_new(kvm, "irq_injections", json_integer(injections));
	json_object_set_new(stat, "devices",
		json_pack("[{s:s, s:s, s:i, s:[{s:s, s:i, s:i, s:i, s:i, s:i}]}]", "address", "0000:3b:00.1", "best", "B", "way",
			IPI_DEVICE_EXIT, "vectors", "kind", "msix", "vector", 4, "irq", 61, "cpu", 3, "taken", taken, "vcpu", 0));
	return stat;
}

static void vectors_are_shown_with_their_vcpu(void **state)
{
	json_t *a = with_device(stat_at(10, 0, 0), 40, 10, 20), *b = with_device(stat_at(12, 0, 0), 340, 30, 120);
	json_t *rates = stat_rates(a, b);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(rates);
	stat_print_table(rates, out);
	fclose(out);
	assert_non_null(strstr(text, "device 0000:3b:00.1: at best B\n  msix 4: 340 taken, 150.0/s, on host CPU 3, for vCPU 0 "
				     "(10.0 exits/s for interrupts, 50.0 injections/s): injected with an exit\n"));
	free(text);
	json_decref(rates);
	json_decref(a);
	json_decref(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_taken_once),
		cmocka_unit_test(what_a_killed_process_left_is_taken_over),
		cmocka_unit_test(a_machine_whose_starter_is_gone_goes_on),
		cmocka_unit_test(who_asks_after_the_end_is_told_to_come_again),
		cmocka_unit_test(who_connected_before_the_end_is_told_to_come_again),
		cmocka_unit_test(who_leaves_hears_whether_it_was_the_last),
		cmocka_unit_test(a_machines_end_is_awaited),
		cmocka_unit_test(what_killed_ones_left_is_cleared),
		cmocka_unit_test(a_directory_that_others_can_enter_is_not_used),
		cmocka_unit_test(requests_are_understood_or_refused),
		cmocka_unit_test(rates_are_differences_over_time),
		cmocka_unit_test(vectors_are_shown_with_their_vcpu),
	};

	return cmocka_run_group_tests(tests, dir_make, dir_remove);
}
