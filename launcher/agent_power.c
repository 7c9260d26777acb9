/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent_power.c - connect without waiting, and say two frames. */
#include "launcher/agent_power.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

#include "vmm/log.h"

static void give_up(struct agent_power *p, int err)
{
	log_debug("the agent cannot be asked to switch the guest off (%d)", err);
	agent_power_fini(p);
}

static void connected(struct loop_source *src, uint32_t events)
{
	struct agent_power *p = container_of(src, struct agent_power, socket);
	ssize_t n;

	if (!(events & EPOLLOUT)) {
		give_up(p, -ECONNREFUSED);
		return;
	}
	n = send(src->fd, p->words, sizeof(p->words), MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n != (ssize_t)sizeof(p->words))
		give_up(p, -errno);
	else
		loop_remove(p->loop, src); /* it stays open: the agent ends what its peer leaves */
}

void agent_power_init(struct agent_power *p)
{
	*p = (struct agent_power){ .socket = { -1, connected } };
}

void agent_power_off(struct agent_power *p, struct loop *loop, uint32_t cid, uint32_t port,
	const uint8_t key[static FRAME_KEY_BYTES])
{
	const struct sockaddr_vm at = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };
	struct frame_hello hello = { .version = FRAME_VERSION };
	int err = 0;

	for (uint32_t i = 0; i < FRAME_KEY_BYTES; i++)
		hello.key[i] = key[i];
	frame_header(p->words, FRAME_HELLO, STREAM_IN, FRAME_HELLO_BYTES);
	frame_hello_encode(p->words + FRAME_HEADER, &hello);
	frame_header(p->words + FRAME_HEADER + FRAME_HELLO_BYTES, FRAME_POWEROFF, STREAM_IN, 0);
	p->loop = loop;
	p->socket.fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->socket.fd < 0)
		return;
	if (connect(p->socket.fd, (const struct sockaddr *)&at, sizeof(at)) < 0 && errno != EINPROGRESS)
		err = -errno;
	if (!err)
		err = loop_add(loop, &p->socket, EPOLLOUT);
	if (err)
		give_up(p, err);
}

void agent_power_fini(struct agent_power *p)
{
	if (p->socket.fd < 0)
		return;
	loop_remove(p->loop, &p->socket);
	close(p->socket.fd);
	p->socket.fd = -1;
}
