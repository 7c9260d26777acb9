/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claim.c - locks on the bytes of one file. */
#include "sched/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Whoever is first makes it for all. In a directory with the sticky bit the kernel may refuse O_CREAT for a file of
 * somebody else's (fs.protected_regular), hence without it first.
 */
void claim_open(struct claim *c, const char *path)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	struct stat st;

	c->fd = open(path, flags);
	if (c->fd < 0 && errno == ENOENT) {
		c->fd = open(path, flags | O_CREAT, 0666);
		if (c->fd >= 0)
			(void)fchmod(c->fd, 0666); /* in spite of the umask; else it is ours alone */
	}
	if (c->fd >= 0 && (fstat(c->fd, &st) < 0 || !S_ISREG(st.st_mode)))
		claim_close(c);
}

static struct flock lock_of(short type, off_t start, off_t len)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
}

/* The kernel tells of one lock in [first, end); which one of several is its affair, so both sides are asked about. */
static int taken_in(const struct claim *c, off_t first, off_t end, struct cpulist *taken)
{
	struct flock l = lock_of(F_WRLCK, first, end - first);
	off_t from, to;
	int err;

	if (first == end)
		return 0;
	if (fcntl(c->fd, F_OFD_GETLK, &l) < 0)
		return -errno;
	if (l.l_type == F_UNLCK)
		return 0;
	from = max(l.l_start, first);
	to = l.l_len ? min(l.l_start + l.l_len, end) : end;
	if ((err = taken_in(c, first, from, taken)) != 0)
		return err;
	for (off_t cpu = from; cpu < to; cpu++)
		taken->cpu[taken->nr++] = (hcpu_t){ (int)cpu };
	return taken_in(c, to, end, taken);
}

int claim_taken(const struct claim *c, struct cpulist *taken)
{
	int err;

	*taken = (struct cpulist){ 0 };
	if (c->fd < 0)
		return 0;
	taken->cpu = calloc(CPULIST_MAX, sizeof(*taken->cpu));
	if (!taken->cpu)
		return -ENOMEM;
	err = taken_in(c, 0, CPULIST_MAX, taken);
	if (err)
		cpulist_fini(taken);
	return err;
}

static int lock_set(const struct claim *c, short type, hcpu_t cpu)
{
	struct flock l = lock_of(type, cpu.os, 1);

	return fcntl(c->fd, F_OFD_SETLK, &l) < 0 ? -errno : 0;
}

int claim_cpus(const struct claim *c, const struct cpulist *cpus)
{
	int err = 0;
	uint32_t n;

	if (c->fd < 0)
		return 0;
	for (n = 0; n < cpus->nr && !err; n++)
		err = lock_set(c, F_WRLCK, cpus->cpu[n]);
	if (!err)
		return 0;
	while (n--)
		(void)lock_set(c, F_UNLCK, cpus->cpu[n]);
	return err == -EACCES ? -EAGAIN : err;
}

void claim_shared(const struct claim *c, const struct cpulist *cpus)
{
	for (uint32_t i = 0; c->fd >= 0 && i < cpus->nr; i++)
		(void)lock_set(c, F_WRLCK, cpus->cpu[i]);
}

void claim_close(struct claim *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}
