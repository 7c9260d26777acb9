/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger.c - lines "+ENTRY" and "-ENTRY" behind a first one that names the format and the boot.
 *
 * Only appended to, each line by one write that is synced. A line without an end was being written when its
 * owner died: its change had not begun.
 */
#include "vmm/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/log.h"

#define BYTES_MAX (4u << 20) /* of a file: more is none of ours */

struct entries {
	char *text; /* the file's, cut into lines */
	uint32_t nr;
	char **at; /* [nr] not struck, oldest first */
};

static void boot_line(char line[static 80])
{
	char id[40] = "?";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id, sizeof(id) - 1);

	if (fd >= 0)
		close(fd);
	if (n > 0)
		id[n] = '\0';
	id[strcspn(id, "\n")] = '\0';
	snprintf(line, 80, "thole-ledger 1 %s\n", id);
}

static int line_append(const struct ledger *l, const char *line)
{
	size_t size = strlen(line);
	ssize_t n = write(l->fd, line, size);
	int err = n < 0 ? -errno : (size_t)n < size ? -ENOSPC : 0;

	if (!err && fdatasync(l->fd) < 0 && errno != EINVAL)
		err = -errno;
	return err ? log_errno(err, "%s: cannot write down what is to be put back later: %m", l->path) : 0;
}

/* Has the name been taken away while we waited for the lock? Then it is another file's, or nobody's. */
static bool still_named(int fd, const char *path)
{
	struct stat open_one, named;

	return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 && open_one.st_ino == named.st_ino &&
	       open_one.st_dev == named.st_dev;
}

static int file_open(struct ledger *l, int lock)
{
	for (;;) {
		l->fd = open(l->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (l->fd < 0)
			return -errno;
		if (flock(l->fd, lock) < 0) {
			int err = -errno;

			close(l->fd);
			l->fd = -1;
			return err;
		}
		if (still_named(l->fd, l->path))
			return 0;
		close(l->fd);
	}
}

static int file_begin(struct ledger *l)
{
	struct stat st;
	char line[80];

	if (fstat(l->fd, &st) < 0)
		return log_errno(-errno, "%s: %m", l->path);
	if (st.st_size)
		return 0;
	boot_line(line);
	return line_append(l, line);
}

int ledger_open(struct ledger *l, const char *dir, const char *subject, const char *owner)
{
	char pid[16];
	int err;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	*l = (struct ledger){ .fd = -1 };
	if ((size_t)snprintf(l->path, sizeof(l->path), "%s/%s.%s", dir, subject, owner ? owner : pid) >=
		sizeof(l->path))
		return log_errno(-ENAMETOOLONG, "%.64s...: %m", dir);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return log_errno(-errno, "%s: cannot make it, to write down what is to be put back later: %m%s", dir,
			geteuid() ? "; are you root?" : "");
	err = file_open(l, LOCK_EX);
	if (err)
		return log_errno(err, "%s: %m%s", l->path, geteuid() ? "; are you root?" : "");
	err = file_begin(l);
	if (err)
		ledger_close(l);
	return err;
}

static int entry_append(const struct ledger *l, char sign, const char *entry)
{
	char line[LEDGER_LINE];

	if (strchr(entry, '\n') || (size_t)snprintf(line, sizeof(line), "%c%s\n", sign, entry) >= sizeof(line))
		return log_errno(-EINVAL, "%s: no entry can be written like that", l->path);
	return line_append(l, line);
}

int ledger_note(struct ledger *l, const char *entry)
{
	return entry_append(l, '+', entry);
}

int ledger_strike(struct ledger *l, const char *entry)
{
	return entry_append(l, '-', entry);
}

static void entries_free(struct entries *e)
{
	free(e->text);
	free(e->at);
}

static char *file_read(int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) < 0 || st.st_size > BYTES_MAX)
		return NULL;
	text = calloc(1, (size_t)st.st_size + 1);
	n = text ? pread(fd, text, (size_t)st.st_size, 0) : -1;
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static void entry_take(struct entries *e, char *line)
{
	if (*line == '+') {
		e->at[e->nr++] = line + 1;
		return;
	}
	for (uint32_t i = e->nr; *line == '-' && i-- > 0;)
		if (strcmp(e->at[i], line + 1) == 0) {
			memmove(&e->at[i], &e->at[i + 1], (e->nr - i - 1) * sizeof(*e->at));
			e->nr--;
			return;
		}
}

/* Another boot's, or no ledger: no entries. */
static int entries_read(int fd, struct entries *e)
{
	size_t lines = 1;
	char first[80], *line, *end;

	*e = (struct entries){ .text = file_read(fd) };
	if (!e->text)
		return -EIO;
	for (line = e->text; (line = strchr(line, '\n')); line++)
		lines++;
	e->at = calloc(lines, sizeof(*e->at));
	if (!e->at) {
		entries_free(e);
		return -ENOMEM;
	}
	boot_line(first);
	if (strncmp(e->text, first, strlen(first)) != 0)
		return 0;
	for (line = e->text + strlen(first); (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		entry_take(e, line);
	}
	return 0;
}

static bool all_struck(int fd)
{
	struct entries e;
	bool all;

	if (entries_read(fd, &e) != 0)
		return false;
	all = e.nr == 0;
	entries_free(&e);
	return all;
}

void ledger_close(struct ledger *l)
{
	if (l->fd < 0)
		return;
	if (all_struck(l->fd))
		unlink(l->path);
	close(l->fd);
	l->fd = -1;
}

/* All of one ledger, newest first. */
static int all_undo(struct ledger *l, ledger_undo_fn *undo, void *ctx, uint32_t *undone)
{
	struct entries e;
	int err = entries_read(l->fd, &e), first = 0;

	if (err)
		return log_errno(err, "%s: %m", l->path);
	for (uint32_t i = e.nr; i-- > 0;) {
		err = undo(ctx, e.at[i]);
		if (!err)
			err = ledger_strike(l, e.at[i]);
		*undone += !err;
		first = first ? first : err;
	}
	entries_free(&e);
	return first;
}

int ledger_undo_one(struct ledger *l, ledger_undo_fn *pick, ledger_undo_fn *undo, void *ctx)
{
	struct entries e;
	int err = entries_read(l->fd, &e);

	if (err)
		return log_errno(err, "%s: %m", l->path);
	err = -ENOENT;
	for (uint32_t i = e.nr; i-- > 0;) {
		if (pick(ctx, e.at[i]) != 0)
			continue;
		err = undo(ctx, e.at[i]);
		if (!err)
			err = ledger_strike(l, e.at[i]);
		break;
	}
	entries_free(&e);
	return err;
}

static int orphan_recover(const char *path, bool wait, ledger_undo_fn *undo, void *ctx, uint32_t *undone)
{
	struct ledger l = { .fd = -1 };
	int err;

	snprintf(l.path, sizeof(l.path), "%s", path);
	err = file_open(&l, LOCK_EX | (wait ? 0 : LOCK_NB));
	if (err == -EWOULDBLOCK)
		return 0; /* its owner lives */
	if (err)
		return log_errno(err, "%s: %m%s", path, geteuid() ? "; are you root?" : "");
	err = all_undo(&l, undo, ctx, undone);
	ledger_close(&l);
	return err;
}

int ledger_recover(const char *dir, const char *subject, bool kept, ledger_undo_fn *undo, void *ctx,
	uint32_t *undone)
{
	char path[PATH_MAX];
	size_t len = strlen(subject);
	const struct dirent *d;
	DIR *at = opendir(dir);
	int first = 0;

	*undone = 0;
	if (!at)
		return errno == ENOENT ? 0 : log_errno(-errno, "%s: %m", dir);
	while ((d = readdir(at))) {
		bool keeps;
		int err;

		if (strncmp(d->d_name, subject, len) != 0 || d->d_name[len] != '.')
			continue;
		keeps = strcmp(d->d_name + len + 1, LEDGER_KEPT) == 0;
		if ((keeps && !kept) || (size_t)snprintf(path, sizeof(path), "%s/%s", dir, d->d_name) >= sizeof(path))
			continue;
		err = orphan_recover(path, keeps, undo, ctx, undone);
		first = first ? first : err;
	}
	closedir(at);
	return first;
}
