/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_machine.c - see exec_machine.h for the order of things. */
#include "launcher/exec_machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

#include "launcher/control_client.h"
#include "launcher/exec_given.h"
#include "launcher/exec_start.h"
#include "vmm/clock.h"
#include "vmm/log.h"

/* How often to try whether the guest's agent listens. */
#define TRY_MS 10

/* A machine that is being stopped: how often to see whether it has. */
#define STOPPING_MS 20

/* An answer from its event loop; and its end, which has a limit of its own (--stop-timeout). */
#define LEAVE_MS 20000u
#define END_MS	 120000u

#define TAIL_BYTES 4096
#define TAIL_LINES 8

/* The last lines of what the machine said. */
static void tail_print(const struct exec_machine *m)
{
	char text[TAIL_BYTES + 1], *line = text;
	off_t end = m->log < 0 ? -1 : lseek(m->log, 0, SEEK_END);
	ssize_t n = end < 0 ? -1 : pread(m->log, text, TAIL_BYTES, max(end - TAIL_BYTES, (off_t)0));
	int lines = 0;

	if (n <= 0)
		return;
	text[n] = 0;
	for (char *at = text + n - 1; at > text; at--)
		if (at[-1] == '\n' && ++lines == TAIL_LINES) {
			line = at;
			break;
		}
	for (char *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		if (*line)
			log_info("  %s: %s", m->name, line);
	}
}

static void lost(void *ctx)
{
	const struct exec_machine *m = ctx;

	log_errno(-EIO, "the machine %s has ended with the program in it%s", m->name, m->log < 0 ? "" : "; its last words:");
	tail_print(m);
}

/* A connection to the machine of that name, which is started if there is none. */
static int connection(struct exec_machine *m, const struct run_config *cfg, const cpu_set_t *cpus)
{
	char path[PATH_MAX];
	int harbour = harbour_open(path), err = 0, fd;

	if (harbour < 0)
		return harbour;
	if ((err = harbour_lock(harbour)) != 0) {
		close(harbour);
		return err;
	}
	fd = berth_connect(harbour, m->name);
	if (fd < 0 && cfg) {
		harbour_clear(harbour);
		err = exec_start(harbour, path, cfg, cpus);
		fd = err ? err : berth_connect(harbour, m->name);
		m->started = !err;
	}
	if (m->log >= 0)
		close(m->log);
	m->log = berth_log_open(harbour, m->name, O_RDONLY);
	if (m->berth >= 0)
		close(m->berth);
	m->berth = berth_open(harbour, m->name);
	if (err && !berth_is_taken(harbour, m->name))
		berth_clear(harbour, m->name);
	close(harbour);
	return fd;
}

static int key_take(struct exec_machine *m, const char *text)
{
	for (uint32_t i = 0; i < FRAME_KEY_BYTES; i++) {
		unsigned byte;

		if (!text || sscanf(text + 2 * (size_t)i, "%2x", &byte) != 1) /* NOLINT(cert-err34-c): checked */
			return -EPROTO;
		m->agent.key[i] = (uint8_t)byte;
	}
	return 0;
}

static int answer_take(struct exec_machine *m, const json_t *answer, struct sockaddr_vm *at)
{
	const json_t *cpus = json_object_get(answer, "cpus");
	const char *key = json_string_value(json_object_get(answer, "key"));
	const char *root = json_string_value(json_object_get(json_object_get(answer, "options"), "root"));

	*at = (struct sockaddr_vm){ .svm_family = AF_VSOCK,
		.svm_cid = (unsigned)json_integer_value(json_object_get(answer, "vsock")),
		.svm_port = (unsigned)json_integer_value(json_object_get(answer, "port")) };
	m->our_root = root && strcmp(root, "host") == 0;
	m->nr_cpus = (uint32_t)json_array_size(cpus);
	m->host_cpu = calloc((size_t)m->nr_cpus + 1, sizeof(*m->host_cpu));
	if (!m->host_cpu)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->nr_cpus; i++)
		m->host_cpu[i] = (int)json_integer_value(json_array_get(cpus, i));
	return key && strlen(key) == (size_t)2 * FRAME_KEY_BYTES ? key_take(m, key) : -EPROTO;
}

/* Its end cuts the connection. */
static bool machine_ended(const struct exec_machine *m, int wait_ms)
{
	struct pollfd p = { .fd = m->control, .events = POLLIN };

	return poll(&p, 1, wait_ms) == 1;
}

/* The guest's agent: refused until the guest is up, and it listens. */
static int agent_connect(struct exec_machine *m, const struct sockaddr_vm *at, uint32_t timeout_ms)
{
	uint64_t until = clock_now_ns() + (uint64_t)timeout_ms * 1000000;
	int err = 0;

	do {
		int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return log_errno(-errno, "cannot make a vsock socket: %m; is the module vsock loaded?");
		if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0) {
			m->agent.fd = fd;
			return 0;
		}
		err = -errno;
		close(fd);
		if (machine_ended(m, TRY_MS)) {
			log_errno(-EIO, "the machine %s ended before it could run a program%s", m->name,
				m->log < 0 ? "" : "; its last words:");
			tail_print(m);
			return -EIO;
		}
	} while (clock_now_ns() < until);
	log_errno(err, "no agent answers in the machine %s after %u s (--start-timeout): %m", m->name, timeout_ms / 1000);
	tail_print(m);
	return err;
}

/* Who joins gets the machine as it is, and is told where that is another one than asked for. */
static void differences_tell(const struct exec_machine *m, const json_t *wanted, const json_t *answer)
{
	char text[512];

	if (m->started)
		return;
	exec_given_differ(wanted, json_object_get(answer, "options"), text, sizeof(text));
	if (*text)
		log_warn("the machine %s runs already, and not with all of these options, which change nothing: %s", m->name,
			text);
}

/* 0: joined; -EAGAIN: it is being stopped, and has been now; -errno: reported. */
static int join_once(struct exec_machine *m, const struct run_config *cfg, const cpu_set_t *cpus, const json_t *wanted,
	uint32_t timeout_ms)
{
	const struct control_request r = { .kind = CONTROL_JOIN, .keep = cfg && cfg->keep };
	struct sockaddr_vm at;
	json_t *answer = NULL;
	int err = 0;

	m->control = connection(m, cfg, cpus);
	if (m->control < 0 && !cfg)
		return log_errno(m->control, "no machine called %s runs; `thole ps` lists those of yours that do", m->name);
	if (m->control >= 0 && (err = control_send(m->control, &r)) == 0)
		answer = control_receive(m->control, (int)timeout_ms, &err);
	if (!answer) {
		log_errno(-EIO, "the machine %s did not start%s", m->name, m->log < 0 ? "" : "; its last words:");
		tail_print(m);
		return -EIO;
	}
	if (json_object_get(answer, "stopping")) {
		err = -EAGAIN;
		while (!machine_ended(m, STOPPING_MS))
			continue;
	} else if (json_object_get(answer, "error")) {
		err = log_errno(-EINVAL, "%s: %s", m->name, json_string_value(json_object_get(answer, "error")));
	} else if ((err = answer_take(m, answer, &at)) != 0) {
		log_errno(err, "the machine %s answers nonsense: %m", m->name);
	} else {
		differences_tell(m, wanted, answer);
		err = agent_connect(m, &at, timeout_ms);
	}
	json_decref(answer);
	return err;
}

int exec_machine_join(struct exec_machine *m, const char *name, const struct run_config *cfg, const cpu_set_t *cpus,
	const json_t *wanted, uint32_t timeout_ms)
{
	int err;

	*m = (struct exec_machine){ .control = -1, .log = -1, .berth = -1 };
	m->agent = (struct exec_agent){ .fd = -1, .lost = lost, .ctx = m };
	snprintf(m->name, sizeof(m->name), "%s", name);
	do {
		err = join_once(m, cfg, cpus, wanted, timeout_ms);
		if (err)
			exec_machine_leave(m);
		if (err == -EAGAIN)
			usleep(STOPPING_MS * 1000);
	} while (err == -EAGAIN);
	return err;
}

/* Of a machine that ends, or has ended without an answer. */
static bool is_ending(struct exec_machine *m)
{
	json_t *answer;
	bool ends;
	int err;

	if (shutdown(m->control, SHUT_WR) < 0)
		return true;
	answer = control_receive(m->control, LEAVE_MS, &err);
	ends = !answer || json_object_get(answer, "stopping");
	json_decref(answer);
	return ends;
}

void exec_machine_leave_wait(struct exec_machine *m)
{
	if (m->control >= 0 && m->berth >= 0 && is_ending(m) && !berth_await(m->berth, END_MS))
		log_warn("the machine %s has not ended in %u s", m->name, END_MS / 1000);
	exec_machine_leave(m);
}

void exec_machine_leave(struct exec_machine *m)
{
	if (m->control >= 0)
		close(m->control);
	if (m->log >= 0)
		close(m->log);
	if (m->berth >= 0)
		close(m->berth);
	free(m->host_cpu);
	m->control = m->log = m->berth = -1;
	m->host_cpu = NULL;
}

uint32_t exec_bind(uint32_t *list, const struct exec_machine *m, enum config_bind bind, const cpu_set_t *own,
	uint32_t local_rank)
{
	uint32_t nr = 0;

	if (bind == CONFIG_BIND_NONE || !m->nr_cpus)
		return 0;
	if (bind == CONFIG_BIND_RANK) {
		list[0] = local_rank % m->nr_cpus;
		return 1;
	}
	for (uint32_t i = 0; i < m->nr_cpus; i++)
		if (m->host_cpu[i] >= 0 && m->host_cpu[i] < CPU_SETSIZE && CPU_ISSET((size_t)m->host_cpu[i], own))
			list[nr++] = i;
	return nr == m->nr_cpus ? 0 : nr;
}
