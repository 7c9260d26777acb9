/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats.c - check a statistics file's header and descriptors once, then read its numbers. */
#include "vmm/stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/kvm.h"

/* More than any kernel has, to bound what a broken file makes us allocate. */
#define DESCS_MAX (1u << 14)
#define NAME_MAX_BYTES 256u
#define VALUES_MAX (1u << 16)

static int read_at(int fd, void *buf, size_t size, uint64_t offset)
{
	ssize_t n = pread(fd, buf, size, (off_t)offset);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EPROTO;
}

static const struct kvm_stats_desc *desc_at(const struct stats *s, uint32_t i)
{
	return (const void *)(s->descs + (size_t)i * s->desc_bytes);
}

/* Every descriptor's numbers must lie inside one block of sane size, and its name must end. */
static int descs_check(struct stats *s)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < s->nr; i++) {
		const struct kvm_stats_desc *d = desc_at(s, i);

		if (!memchr(d->name, 0, s->name_bytes) || !d->size || d->offset % 8)
			return -EPROTO;
		end = max(end, d->offset + 8ull * d->size);
	}
	if (end > 8ull * VALUES_MAX)
		return -EPROTO;
	s->data_bytes = (uint32_t)end;
	s->data = calloc(1, max(end, 8ull));
	return s->data ? 0 : -ENOMEM;
}

int stats_open_fd(struct stats *s, int fd)
{
	struct kvm_stats_header h;
	int err;

	*s = (struct stats){ .fd = fd };
	if ((err = read_at(fd, &h, sizeof(h), 0)) != 0)
		goto err_close;
	err = -EPROTO;
	if (h.num_desc > DESCS_MAX || !h.name_size || h.name_size > NAME_MAX_BYTES)
		goto err_close;
	s->nr = h.num_desc;
	s->name_bytes = h.name_size;
	s->desc_bytes = (uint32_t)sizeof(struct kvm_stats_desc) + h.name_size;
	s->data_offset = h.data_offset;
	if (s->desc_bytes % 8)
		goto err_close;
	err = -ENOMEM;
	s->descs = malloc(max((size_t)s->nr * s->desc_bytes, (size_t)1));
	if (!s->descs)
		goto err_close;
	if ((err = read_at(fd, s->descs, (size_t)s->nr * s->desc_bytes, h.desc_offset)) != 0)
		goto err_close;
	if ((err = descs_check(s)) != 0 || (err = stats_read(s)) != 0)
		goto err_close;
	return 0;
err_close:
	stats_close(s);
	return err;
}

int stats_open(struct stats *s, int kvm_fd)
{
	int fd = kvm_ioctl_val(kvm_fd, KVM_GET_STATS_FD, 0);

	*s = (struct stats){ .fd = -1 };
	if (fd < 0)
		return fd == -ENOTTY || fd == -EINVAL ? -ENOTSUP : fd;
	return stats_open_fd(s, fd);
}

void stats_close(struct stats *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->descs);
	free(s->data);
	*s = (struct stats){ .fd = -1 };
}

int stats_read(struct stats *s)
{
	return s->data_bytes ? read_at(s->fd, s->data, s->data_bytes, s->data_offset) : 0;
}

struct stats_value stats_at(const struct stats *s, uint32_t i)
{
	const struct kvm_stats_desc *d = desc_at(s, i);

	return (struct stats_value){
		.name = d->name,
		.flags = d->flags,
		.exponent = d->exponent,
		.count = d->size,
		.bucket_size = d->bucket_size,
		.values = s->data + d->offset / 8,
	};
}

bool stats_find(const struct stats *s, const char *name, uint64_t *value)
{
	for (uint32_t i = 0; i < s->nr; i++) {
		struct stats_value one = stats_at(s, i);

		if (one.count == 1 && !strcmp(one.name, name)) {
			*value = one.values[0];
			return true;
		}
	}
	return false;
}
