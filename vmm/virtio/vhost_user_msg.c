/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vhost_user_msg.c - see vhost_user_msg.h; section names in comments are those of vhost-user.rst. */
#include "vmm/virtio/vhost_user_msg.h"

#include <errno.h>
#include <string.h>

#define CONFIG_HEADER ((uint32_t)offsetof(struct vhost_user_config, bytes))

void vhost_user_make(struct vhost_user_msg *m, uint32_t request)
{
	*m = (struct vhost_user_msg){ .header = { request, VHOST_USER_VERSION, 0 } };
}

void vhost_user_make_u64(struct vhost_user_msg *m, uint32_t request, uint64_t v)
{
	vhost_user_make(m, request);
	m->header.size = sizeof(m->payload.u64);
	m->payload.u64 = v;
}

void vhost_user_make_state(struct vhost_user_msg *m, uint32_t request, uint32_t index, uint32_t num)
{
	vhost_user_make(m, request);
	m->header.size = sizeof(m->payload.state);
	m->payload.state = (struct vhost_vring_state){ index, num };
}

void vhost_user_make_fd(struct vhost_user_msg *m, uint32_t request, uint32_t index, int fd)
{
	if (request == VHOST_USER_SET_BACKEND_REQ_FD)
		vhost_user_make(m, request);
	else
		vhost_user_make_u64(m, request, index); /* bit 8 would say that there is no descriptor */
	m->fd[0] = fd;
	m->nr_fds = 1;
}

void vhost_user_make_addr(
	struct vhost_user_msg *m, uint32_t index, const void *desc, const void *used, const void *avail)
{
	vhost_user_make(m, VHOST_USER_SET_VRING_ADDR);
	m->header.size = sizeof(m->payload.addr);
	m->payload.addr = (struct vhost_vring_addr){
		.index = index,
		.desc_user_addr = (uintptr_t)desc,
		.used_user_addr = (uintptr_t)used,
		.avail_user_addr = (uintptr_t)avail,
	};
}

static struct vhost_user_region region_of(const struct mem_region *r)
{
	return (struct vhost_user_region){ r->gpa.base, r->gpa.size, (uintptr_t)r->hva, r->fd_offset };
}

int vhost_user_make_table(struct vhost_user_msg *m, const struct mem *mem)
{
	vhost_user_make(m, VHOST_USER_SET_MEM_TABLE);
	if (mem->nr_regions > VHOST_USER_REGIONS_MAX)
		return -ENOSPC;
	m->payload.table.nr = mem->nr_regions;
	for (uint32_t i = 0; i < mem->nr_regions; i++) {
		m->payload.table.at[i] = region_of(&mem->region[i]);
		m->fd[m->nr_fds++] = mem->node[mem->region[i].node].fd;
	}
	m->header.size = (uint32_t)(sizeof(uint64_t) + mem->nr_regions * sizeof(struct vhost_user_region));
	return 0;
}

void vhost_user_make_region(struct vhost_user_msg *m, const struct mem *mem, uint32_t region)
{
	vhost_user_make(m, VHOST_USER_ADD_MEM_REG);
	m->header.size = sizeof(m->payload.region);
	m->payload.region.at = region_of(&mem->region[region]);
	m->fd[m->nr_fds++] = mem->node[mem->region[region].node].fd;
}

void vhost_user_make_config(
	struct vhost_user_msg *m, uint32_t offset, const uint8_t *bytes, uint32_t size)
{
	vhost_user_make(m, bytes ? VHOST_USER_SET_CONFIG : VHOST_USER_GET_CONFIG);
	m->header.size = CONFIG_HEADER + size;
	m->payload.config.offset = offset;
	m->payload.config.size = size;
	if (bytes)
		memcpy(m->payload.config.bytes, bytes, size);
}

const char *vhost_user_header_fault(const struct vhost_user_header *h)
{
	if ((h->flags & VHOST_USER_VERSION_MASK) != VHOST_USER_VERSION)
		return "another version of the protocol";
	return h->size > sizeof(union vhost_user_payload) ? "a message that is too long" : NULL;
}

/* The size of an answer; a request without one of its own is acknowledged with a number (REPLY_ACK). */
static uint32_t reply_size(const struct vhost_user_msg *asked)
{
	switch (asked->header.request) {
	case VHOST_USER_GET_VRING_BASE: return sizeof(struct vhost_vring_state);
	case VHOST_USER_GET_CONFIG: return asked->header.size;
	default: return sizeof(uint64_t);
	}
}

const char *vhost_user_reply_fault(const struct vhost_user_msg *asked, const struct vhost_user_msg *m)
{
	const struct vhost_user_config *c = &m->payload.config;

	if (!(m->header.flags & VHOST_USER_REPLY) || m->header.request != asked->header.request)
		return "an answer to another question";
	if (m->nr_fds)
		return "descriptors that were not asked for";
	if (asked->header.request == VHOST_USER_GET_CONFIG && !m->header.size)
		return "no configuration of that size";
	if (m->header.size != reply_size(asked))
		return "an answer of the wrong size";
	if (asked->header.request == VHOST_USER_GET_CONFIG &&
		(c->offset != asked->payload.config.offset || c->size != asked->payload.config.size))
		return "another part of the configuration";
	if (asked->header.request == VHOST_USER_GET_VRING_BASE &&
		m->payload.state.index != asked->payload.state.index)
		return "another queue's state";
	return NULL;
}

const char *vhost_user_backend_fault(const struct vhost_user_msg *m)
{
	if (m->header.flags & VHOST_USER_REPLY)
		return "an answer to nothing";
	if (m->header.request != VHOST_USER_BACKEND_CONFIG_CHANGE_MSG)
		return "a request that was not agreed on";
	if (m->header.size)
		return "a request of the wrong size";
	return m->nr_fds ? "descriptors that were not asked for" : NULL;
}
