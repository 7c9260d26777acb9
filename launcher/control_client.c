/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_client.c - a line out, a line in. */
#include "launcher/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launcher/berth.h"
#include "vmm/clock.h"
#include "vmm/log.h"

/* More is no answer of a machine with as many vCPUs as there can be. */
#define ANSWER_MAX (8u << 20)

/* A machine answers from its event loop, which waits for nothing. */
#define ANSWER_MS 20000

int control_connect(const char *name)
{
	char path[PATH_MAX];
	int harbour, fd;

	if (strchr(name, '/') || *name == '.' || !*name || strlen(name) > BERTH_NAME_MAX)
		return log_errno(-EINVAL, "\"%.70s\" is no name of a machine", name);
	harbour = harbour_open(path);
	if (harbour < 0)
		return harbour;
	fd = berth_connect(harbour, name);
	close(harbour);
	if (fd == -ENOENT || fd == -ECONNREFUSED)
		return log_errno(fd, "no machine called %s runs; `thole ps` lists those of yours that do", name);
	return fd < 0 ? log_errno(fd, "cannot reach the machine %s: %m", name) : fd;
}

int control_send(int fd, const struct control_request *r)
{
	char line[CONTROL_LINE_MAX];
	ssize_t n;

	control_request_print(r, line);
	n = send(fd, line, strlen(line), MSG_NOSIGNAL);
	if (n < 0 && errno == EPIPE)
		return 0; /* a machine that closes says why before: receiving tells, or fails */
	return n < 0 ? -errno : n == (ssize_t)strlen(line) ? 0 : -EIO;
}

/* Some bytes, 0 at the end; -ETIMEDOUT. until_ns 0: no limit. */
static ssize_t some_read(int fd, char *to, size_t size, uint64_t until_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t now = clock_now_ns();
	int left = !until_ns ? -1 : until_ns > now ? (int)((until_ns - now) / 1000000 + 1) : 0;
	int n = poll(&p, 1, left);
	ssize_t got;

	if (n == 0)
		return -ETIMEDOUT;
	if (n < 0)
		return -errno;
	got = recv(fd, to, size, 0);
	return got < 0 ? -errno : got;
}

/* Byte by byte at the end would be slow; what follows an answer is never sent before the next request. */
json_t *control_receive(int fd, int timeout_ms, int *err)
{
	uint64_t until = timeout_ms < 0 ? 0 : clock_now_ns() + (uint64_t)timeout_ms * 1000000;
	uint32_t nr = 0, room = 4096;
	char *text = malloc(room);
	json_t *root = NULL;

	*err = text ? 0 : -ENOMEM;
	while (!*err && !root) {
		ssize_t n = some_read(fd, text + nr, room - nr, until);

		if (n == -EINTR)
			continue;
		if (n <= 0) {
			*err = n ? (int)n : -ECONNRESET;
			break;
		}
		nr += (uint32_t)n;
		if (text[nr - 1] == '\n') {
			root = json_loadb(text, nr, 0, NULL);
			*err = json_is_object(root) ? 0 : -EPROTO;
		} else if (nr == room) {
			char *more = room < ANSWER_MAX ? realloc(text, 2 * (size_t)room) : NULL;

			*err = more ? 0 : -EMSGSIZE;
			text = more ? more : text;
			room *= 2;
		}
	}
	free(text);
	if (!*err)
		return root;
	json_decref(root);
	return NULL;
}

json_t *control_ask(const char *name, const struct control_request *r)
{
	int fd = control_connect(name), err;
	json_t *root = NULL;

	if (fd < 0)
		return NULL;
	err = control_send(fd, r);
	if (!err)
		root = control_receive(fd, ANSWER_MS, &err);
	close(fd);
	if (!root)
		log_errno(err, "the machine %s gives no answer: %m", name);
	else if (json_object_get(root, "error")) {
		log_errno(-EINVAL, "%s: %s", name, json_string_value(json_object_get(root, "error")));
		json_decref(root);
		root = NULL;
	}
	return root;
}
