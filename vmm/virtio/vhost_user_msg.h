/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost_user_msg.h - the messages of the vhost-user protocol as values: made and checked, not sent
 * (QEMU's docs/interop/vhost-user.rst, "Message Specification").
 *
 *   header: request, flags (version, reply, need_reply), size | payload | descriptors beside it
 *
 * Pure; any thread. What comes from a back end is untrusted: a check returns what is wrong with it in
 * a few words, or NULL.
 */
#ifndef VMM_VIRTIO_VHOST_USER_MSG_H
#define VMM_VIRTIO_VHOST_USER_MSG_H

#include <linux/vhost_types.h>

#include "vmm/mem.h"
#include "vmm/types.h"
#include "vmm/util.h"

enum vhost_user_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_GET_VRING_BASE = 11,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_GET_QUEUE_NUM = 17,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_SET_BACKEND_REQ_FD = 21,
	VHOST_USER_GET_CONFIG = 24,
	VHOST_USER_SET_CONFIG = 25,
	VHOST_USER_GET_MAX_MEM_SLOTS = 36,
	VHOST_USER_ADD_MEM_REG = 37,
};

/* What a back end may ask of us, on the channel that we give it. */
enum vhost_user_backend_request {
	VHOST_USER_BACKEND_CONFIG_CHANGE_MSG = 2,
};

#define VHOST_USER_F_PROTOCOL_FEATURES 30u /* bit of GET_FEATURES; never the driver's */

/* Bits of GET_PROTOCOL_FEATURES. */
#define VHOST_USER_PROTOCOL_F_MQ		  0u
#define VHOST_USER_PROTOCOL_F_REPLY_ACK		  3u
#define VHOST_USER_PROTOCOL_F_BACKEND_REQ	  5u
#define VHOST_USER_PROTOCOL_F_CONFIG		  9u
#define VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS 15u

#define VHOST_USER_VERSION    1u
#define VHOST_USER_VERSION_MASK 3u
#define VHOST_USER_REPLY      (1u << 2)
#define VHOST_USER_NEED_REPLY (1u << 3)

#define VHOST_USER_REGIONS_MAX 8u   /* in one table */
#define VHOST_USER_CONFIG_MAX  256u /* bytes of configuration space in one message */

struct vhost_user_header {
	uint32_t request, flags, size;
};
static_assert(sizeof(struct vhost_user_header) == 12, "Header");

struct vhost_user_region {
	uint64_t gpa, size, user_addr, mmap_offset;
};

struct vhost_user_config {
	uint32_t offset, size, flags;
	uint8_t bytes[VHOST_USER_CONFIG_MAX];
};

union vhost_user_payload {
	uint64_t u64;
	struct vhost_vring_state state;
	struct vhost_vring_addr addr;
	struct {
		uint32_t nr, padding;
		struct vhost_user_region at[VHOST_USER_REGIONS_MAX];
	} table;
	struct {
		uint64_t padding;
		struct vhost_user_region at;
	} region;
	struct vhost_user_config config;
};
static_assert(sizeof(struct vhost_vring_state) == 8, "A vring state description");
static_assert(sizeof(struct vhost_vring_addr) == 40, "A vring address description");
static_assert(sizeof(struct vhost_user_region) == 32, "Memory regions description");

struct vhost_user_msg {
	struct vhost_user_header header;
	union vhost_user_payload payload;
	int fd[VHOST_USER_REGIONS_MAX]; /* borrowed in what is sent */
	uint32_t nr_fds;
};

/* Messages to a back end. */
void vhost_user_make(struct vhost_user_msg *m, uint32_t request);
void vhost_user_make_u64(struct vhost_user_msg *m, uint32_t request, uint64_t v);
void vhost_user_make_state(struct vhost_user_msg *m, uint32_t request, uint32_t index, uint32_t num);
/* A descriptor for a queue, or (SET_BACKEND_REQ_FD) for the connection, which has no payload. */
void vhost_user_make_fd(struct vhost_user_msg *m, uint32_t request, uint32_t index, int fd);
/* Host addresses of a ring's parts; used by us as "user addresses" and meaningful for nobody else. */
void vhost_user_make_addr(
	struct vhost_user_msg *m, uint32_t index, const void *desc, const void *used, const void *avail);
/* All of memory; -ENOSPC: it has more regions than one message holds. */
int vhost_user_make_table(struct vhost_user_msg *m, const struct mem *mem) must_check;
/* One region of it, by itself. */
void vhost_user_make_region(struct vhost_user_msg *m, const struct mem *mem, uint32_t region);
/* bytes NULL: GET_CONFIG. size is at most VHOST_USER_CONFIG_MAX. */
void vhost_user_make_config(
	struct vhost_user_msg *m, uint32_t offset, const uint8_t *bytes, uint32_t size);

/* May a payload of this size follow the header? Looked at before it is read. */
const char *vhost_user_header_fault(const struct vhost_user_header *h);

/* Is m the answer to what was asked? */
const char *vhost_user_reply_fault(const struct vhost_user_msg *asked, const struct vhost_user_msg *m);

/* Is m something that a back end may send of itself? */
const char *vhost_user_backend_fault(const struct vhost_user_msg *m);

#endif
