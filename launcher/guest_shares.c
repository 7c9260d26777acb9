/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_shares.c - see guest_shares.h. */
#include "launcher/guest_shares.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum guest_root guest_root_of(const struct run_config *c)
{
	if (!c->root)
		return GUEST_ROOT_NONE;
	if (strcmp(c->root, "host") == 0)
		return GUEST_ROOT_HOST;
	if (strcmp(c->root, "disk") == 0 || strncmp(c->root, "disk:", 5) == 0)
		return GUEST_ROOT_DISK;
	return GUEST_ROOT_DIRECTORY;
}

void guest_shares_fini(struct guest_shares *l)
{
	for (uint32_t i = 0; i < l->nr; i++) {
		free(l->at[i].tag);
		free(l->at[i].path);
		free(l->at[i].at);
	}
	free(l->at);
	*l = (struct guest_shares){ 0 };
}

/* A directory that is there, by its real name; or NULL and *err. what: the option that names it. */
static char *path_resolve(const char *what, const char *path, int *err)
{
	char *real = realpath(path, NULL);
	struct stat st;

	*err = 0;
	if (!real)
		*err = log_errno(-errno, "%s: %s: %m", what, path);
	else if (stat(real, &st) < 0 || !S_ISDIR(st.st_mode))
		*err = log_errno(-ENOTDIR, "%s: %s is no directory", what, path);
	else if (access(real, R_OK | X_OK) < 0)
		*err = log_errno(-errno, "%s: %s: %m", what, path);
	else
		return real;
	free(real);
	return NULL;
}

/* Takes over path. at may be NULL. */
static int list_add(struct guest_shares *l, const char *tag, char *path, const char *at, bool ro, bool still)
{
	struct guest_share s = { strdup(tag), path, at ? strdup(at) : NULL, ro, still };
	struct guest_share *to = realloc(l->at, (l->nr + 1) * sizeof(*to));

	if (to)
		l->at = to;
	if (!to || !s.tag || (at && !s.at)) {
		free(s.tag);
		free(s.path);
		free(s.at);
		return log_errno(-ENOMEM, "share: %m");
	}
	if (s.at && strchr(s.at, '\n')) {
		free(s.tag);
		free(s.path);
		free(s.at);
		return log_errno(-EINVAL, "share: a directory whose name has a line's end can't be mounted");
	}
	to[l->nr++] = s;
	return 0;
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || !path[len]);
}

/* A directory that the guest may write to, at its own place. */
static int writable_add(struct guest_shares *l, const char *path)
{
	char tag[24];
	int err;
	char *real = path_resolve("writable", path, &err);

	if (!real)
		return err;
	if (strcmp(real, "/") == 0) {
		free(real);
		return log_errno(-EINVAL, "writable: all of / is more than a guest should write to; name directories");
	}
	for (uint32_t i = 0; i < l->nr; i++)
		if (!l->at[i].ro && l->at[i].at && is_below(real, l->at[i].at)) {
			free(real);
			return 0;
		}
	snprintf(tag, sizeof(tag), "thole.w%u", l->nr);
	return list_add(l, tag, real, real, false, false);
}

/* Where the caller is and lives; neither is a reason to fail if it isn't there or is all there is. */
static int cwd_add(struct guest_shares *l)
{
	char *cwd = getcwd(NULL, 0);
	int err = 0;

	if (cwd && strcmp(cwd, "/") != 0 && access(cwd, R_OK | X_OK) == 0)
		err = writable_add(l, cwd);
	free(cwd);
	return err;
}

static int home_add(struct guest_shares *l)
{
	const char *home = getenv("HOME");
	struct stat st;

	if (!home || *home != '/') {
		const struct passwd *pw = getpwuid(geteuid());

		home = pw ? pw->pw_dir : "/";
	}
	if (strcmp(home, "/") == 0 || stat(home, &st) < 0 || access(home, R_OK | X_OK) < 0)
		return 0;
	return writable_add(l, home);
}

static int writable_word(struct guest_shares *l, const char *word)
{
	if (strcmp(word, "none") == 0)
		return 0;
	if (strcmp(word, "cwd") == 0)
		return cwd_add(l);
	if (strcmp(word, "home") == 0)
		return home_add(l);
	return writable_add(l, word);
}

static int writables_add(struct guest_shares *l, const struct run_config *c)
{
	int err = 0;

	if (!c->writable.nr) {
		/* The one that the other lies in comes first, else the inner one would be twice. */
		err = home_add(l);
		return err ? err : cwd_add(l);
	}
	for (uint32_t i = 0; i < c->writable.nr && !err; i++)
		err = writable_word(l, c->writable.at[i]);
	return err;
}

static int root_add(struct guest_shares *l, const char *path)
{
	int err;
	char *real = path_resolve("root", path, &err);

	return !real ? err : list_add(l, GUEST_ROOT_TAG, real, NULL, true, true);
}

static int named_add(struct guest_shares *l, const struct config_share *s)
{
	int err;
	char *real = path_resolve("share", s->path, &err);

	return !real ? err : list_add(l, s->tag, real, s->at, s->ro, false);
}

/* A mount point has to come before what is mounted below it: shorter names first. */
static int shorter_first(const void *a, const void *b)
{
	const char *x = ((const struct guest_share *)a)->at, *y = ((const struct guest_share *)b)->at;
	size_t lx = x ? strlen(x) : 0, ly = y ? strlen(y) : 0;

	return lx < ly ? -1 : lx > ly;
}

int guest_shares_make(struct guest_shares *l, const struct run_config *c)
{
	enum guest_root root = guest_root_of(c);
	int err = 0;

	*l = (struct guest_shares){ 0 };
	if (root == GUEST_ROOT_HOST || root == GUEST_ROOT_DIRECTORY)
		err = root_add(l, root == GUEST_ROOT_HOST ? "/" : c->root);
	if (!err && root == GUEST_ROOT_HOST)
		err = writables_add(l, c);
	for (uint32_t i = 0; i < c->share.nr && !err; i++)
		err = named_add(l, &c->share.at[i]);
	if (err)
		guest_shares_fini(l);
	else if (l->nr)
		qsort(l->at, l->nr, sizeof(*l->at), shorter_first);
	return err;
}
