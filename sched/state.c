/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.c - see state.h. */
#include "sched/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vmm/log.h"

#define JOURNAL	     "isolation.json"
#define JOURNAL_NEW  "isolation.json.new"
#define JOURNAL_MAX  (16u << 20)
#define BOOT_ID	     "/proc/sys/kernel/random/boot_id"
#define LOCK_WAIT_MS 20000

/* Where this user's journal is. A root of its own has one place. */
static void path_choose(const char *root, char *path, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0 || strcmp(root, "/") != 0)
		snprintf(path, size, "/run/thole");
	else if (runtime && *runtime == '/')
		snprintf(path, size, "%s/thole", runtime);
	else
		snprintf(path, size, "/tmp/thole-%u", (unsigned)geteuid());
}

/* What is in it is written to the kernel, so nobody else may have had a hand in it. */
static int dir_check(const struct state *s)
{
	struct stat st;

	if (fstat(s->dir, &st) < 0)
		return log_errno(-errno, "%s: %m", s->path);
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return log_errno(-EPERM, "%s: others may write there, so it is not trusted: remove it", s->path);
	return 0;
}

static int dir_open(struct state *s, const char *root, bool make)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "%s%s", strcmp(root, "/") == 0 ? "" : root, s->path);
	if (make && mkdir(whole, 0755) < 0 && errno != EEXIST)
		return log_errno(-errno, "%s: cannot make it: %m", whole);
	s->dir = open(whole, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->dir >= 0)
		return dir_check(s);
	return errno == ENOENT && !make ? -ENOENT : log_errno(-errno, "%s: %m", whole);
}

static int boot_read(struct state *s)
{
	int err;
	char *text = hostfs_read(s->tree, BOOT_ID, &err);

	if (!text)
		return log_errno(err, BOOT_ID ": %m");
	snprintf(s->boot, sizeof(s->boot), "%.*s", (int)strcspn(text, "\n"), text);
	free(text);
	return 0;
}

int state_open(struct state *s, const struct hostfs *tree, const char *root, bool make)
{
	int err;

	*s = (struct state){ .tree = tree, .dir = -1, .lock = -1, .owner = -1 };
	path_choose(root, s->path, sizeof(s->path));
	err = dir_open(s, root, make);
	if (!err)
		err = boot_read(s);
	if (err)
		state_close(s);
	return err;
}

void state_close(struct state *s)
{
	if (s->owner >= 0)
		close(s->owner);
	if (s->lock >= 0)
		close(s->lock);
	if (s->dir >= 0)
		close(s->dir);
	s->dir = s->lock = s->owner = -1;
}

/* It is held for as long as some files take to be written; a holder that was stopped is not waited for. */
static int lock_take(struct state *s)
{
	const struct timespec pause = { 0, 10000000 };

	s->lock = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (s->lock < 0)
		return log_errno(-errno, "%s/lock: %m", s->path);
	for (int ms = 0; flock(s->lock, LOCK_EX | LOCK_NB) < 0; ms += 10) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return log_errno(-errno, "%s/lock: %m", s->path);
		if (ms >= LOCK_WAIT_MS)
			return log_errno(-ETIMEDOUT, "%s/lock: another thole has held it for %d s; is it stopped? (fuser -v)",
				s->path, LOCK_WAIT_MS / 1000);
		nanosleep(&pause, NULL);
	}
	return 0;
}

static char *journal_bytes(const struct state *s, int *err)
{
	int fd = openat(s->dir, JOURNAL, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st = { 0 };
	char *text = NULL;

	*err = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
	if (!*err && (!S_ISREG(st.st_mode) || st.st_size > JOURNAL_MAX))
		*err = -EINVAL;
	if (!*err && !(text = calloc(1, (size_t)st.st_size + 1)))
		*err = -ENOMEM;
	if (!*err && read(fd, text, (size_t)st.st_size) != st.st_size)
		*err = -EIO;
	if (fd >= 0)
		close(fd);
	if (!*err)
		return text;
	free(text);
	return NULL;
}

static int journal_load(const struct state *s, struct journal *j)
{
	int err;
	char *text = journal_bytes(s, &err);

	*j = (struct journal){ 0 };
	if (!text)
		return err == -ENOENT ? 0 : log_errno(err, "%s/" JOURNAL ": %m", s->path);
	err = journal_parse(j, text, s->boot);
	free(text);
	if (err == -ESTALE) {
		/* The kernel began anew, and so do we. */
		log_info("isolation: the host has been started again since: nothing is to be put back");
		return 0;
	}
	return err ? log_errno(err, "%s/" JOURNAL " is damaged: put back by hand what it names, and remove it", s->path) : 0;
}

int state_lock(struct state *s, struct journal *j)
{
	int err = lock_take(s);

	if (!err)
		err = journal_load(s, j);
	if (err && s->lock >= 0) {
		close(s->lock);
		s->lock = -1;
	}
	return err;
}

void state_unlock(struct state *s, struct journal *j)
{
	journal_fini(j);
	close(s->lock);
	s->lock = -1;
}

static int text_save(const struct state *s, const char *text)
{
	int fd = openat(s->dir, JOURNAL_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644), err = 0;
	size_t len = strlen(text);

	if (fd < 0)
		return -errno;
	for (size_t at = 0; at < len && !err;) {
		ssize_t n = write(fd, text + at, len - at);

		if (n < 0 && errno != EINTR)
			err = -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	if (!err && fsync(fd) < 0)
		err = -errno;
	close(fd);
	if (!err && renameat(s->dir, JOURNAL_NEW, s->dir, JOURNAL) < 0)
		err = -errno;
	if (!err && fsync(s->dir) < 0)
		err = -errno;
	return err;
}

static bool journal_empty(const struct journal *j)
{
	for (unsigned i = 0; i < JOURNAL_OWNERS; i++)
		if (*j->owner[i].id)
			return false;
	return !j->nr;
}

int state_save(const struct state *s, const struct journal *j)
{
	int err = hostfs_before(s->tree, HOSTFS_SAVE, JOURNAL, "");
	char *text;

	if (err)
		return log_errno(err, "%s/" JOURNAL ": %m", s->path);
	if (journal_empty(j)) {
		unlinkat(s->dir, JOURNAL_NEW, 0);
		err = unlinkat(s->dir, JOURNAL, 0) < 0 && errno != ENOENT ? -errno : 0;
	} else if ((text = journal_text(j, s->boot)) != NULL) {
		err = text_save(s, text);
		free(text);
	} else {
		err = -ENOMEM;
	}
	hostfs_after(s->tree, HOSTFS_SAVE, JOURNAL, "");
	return err ? log_errno(err, "%s/" JOURNAL ": %m; nothing more is changed", s->path) : 0;
}

static void owner_name(char name[static JOURNAL_ID + 8], const char *id)
{
	snprintf(name, JOURNAL_ID + 8, "owner-%s", id);
}

int state_owner_begin(struct state *s, const char *id)
{
	char name[JOURNAL_ID + 8];

	owner_name(name, id);
	s->owner = openat(s->dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (s->owner < 0 || flock(s->owner, LOCK_EX | LOCK_NB) < 0)
		return log_errno(-errno, "%s/%s: %m", s->path, name);
	return 0;
}

void state_owner_end(struct state *s, const char *id)
{
	state_owner_forget(s, id);
	if (s->owner >= 0)
		close(s->owner);
	s->owner = -1;
}

bool state_owner_alive(const struct state *s, const struct journal_owner *o)
{
	char name[JOURNAL_ID + 8];
	bool alive;
	int fd;

	if (o->kept)
		return true;
	owner_name(name, o->id);
	fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	alive = flock(fd, LOCK_SH | LOCK_NB) < 0;
	close(fd);
	return alive;
}

void state_owner_forget(const struct state *s, const char *id)
{
	char name[JOURNAL_ID + 8];

	owner_name(name, id);
	unlinkat(s->dir, name, 0);
}
