/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_list.c - two directories, read and sorted. */
#include "launcher/kernel_list.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/log.h"

#define CONFIG_MAX (1u << 20)

static int number_compare(const char **a, const char **b)
{
	size_t na, nb;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	na = strspn(*a, "0123456789");
	nb = strspn(*b, "0123456789");
	if (na == nb) {
		int c = strncmp(*a, *b, na);

		*a += na;
		*b += nb;
		return c;
	}
	return na < nb ? -1 : 1;
}

/* What comes before the end of a version: 6.2-rc1 is older than 6.2 and 6.2-1. */
static bool is_candidate(const char *s)
{
	return strncmp(s, "-rc", 3) == 0 || strncmp(s, "~", 1) == 0;
}

int kernel_version_compare(const char *a, const char *b)
{
	while (*a || *b) {
		int c;

		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			if ((c = number_compare(&a, &b)) != 0)
				return c;
			continue;
		}
		if (is_candidate(a) != is_candidate(b))
			return is_candidate(a) ? -1 : 1;
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		a++;
		b++;
	}
	return 0;
}

static void kernel_free(struct kernel *k)
{
	free(k->version);
	free(k->image);
	free(k->modules);
	free(k->config);
}

void kernel_list_fini(struct kernel_list *l)
{
	for (uint32_t i = 0; i < l->nr; i++)
		kernel_free(&l->at[i]);
	free(l->at);
	*l = (struct kernel_list){ 0 };
}

static char *text_read(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;

	if (!f)
		return NULL;
	text = malloc(CONFIG_MAX);
	n = text ? fread(text, 1, CONFIG_MAX - 1, f) : 0;
	if (text)
		text[n] = '\0';
	fclose(f);
	return text;
}

static char *config_read(const char *root, const struct kernel *k)
{
	char *path = NULL, *text = NULL;

	if (asprintf(&path, "%s/boot/config-%s", root, k->version) > 0)
		text = text_read(path);
	free(path);
	path = NULL;
	if (!text && asprintf(&path, "%s/config", k->modules) > 0)
		text = text_read(path);
	free(path);
	return text;
}

/* Owns version and image, also on failure. */
static int list_add(struct kernel_list *l, const char *root, char *version, char *image)
{
	struct kernel *at = realloc(l->at, (l->nr + 1) * sizeof(*at));
	char *modules = NULL;

	if (at)
		l->at = at;
	if (!at || !version || !image || asprintf(&modules, "%s/lib/modules/%s", root, version) < 0) {
		free(version);
		free(image);
		return log_errno(-ENOMEM, "kernel: %m");
	}
	at[l->nr] = (struct kernel){ .version = version, .image = image, .modules = modules };
	at[l->nr].config = config_read(root, &at[l->nr]);
	l->nr++;
	return 0;
}

static bool list_has(const struct kernel_list *l, const char *version)
{
	for (uint32_t i = 0; i < l->nr; i++)
		if (strcmp(l->at[i].version, version) == 0)
			return true;
	return false;
}

static int boot_add(struct kernel_list *l, const char *root, const char *name)
{
	static const char prefix[] = "vmlinuz-";
	const char *version = name + sizeof(prefix) - 1;
	char *image = NULL;

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || !*version)
		return 0;
	if (asprintf(&image, "%s/boot/%s", root, name) < 0)
		image = NULL;
	return list_add(l, root, strdup(version), image);
}

static int modules_add(struct kernel_list *l, const char *root, const char *name)
{
	char *image = NULL;

	if (*name == '.' || list_has(l, name))
		return 0;
	if (asprintf(&image, "%s/lib/modules/%s/vmlinuz", root, name) < 0)
		return log_errno(-ENOMEM, "kernel: %m");
	if (access(image, F_OK) < 0) {
		free(image);
		return 0;
	}
	return list_add(l, root, strdup(name), image);
}

static int directory_read(struct kernel_list *l, const char *root, const char *sub,
	int (*add)(struct kernel_list *l, const char *root, const char *name))
{
	char *path = NULL;
	struct dirent *e;
	int err = 0;
	DIR *dir;

	if (asprintf(&path, "%s/%s", root, sub) < 0)
		return log_errno(-ENOMEM, "kernel: %m");
	dir = opendir(path);
	free(path);
	if (!dir)
		return 0;
	while (!err && (e = readdir(dir)) != NULL)
		err = add(l, root, e->d_name);
	closedir(dir);
	return err;
}

static int newest_first(const void *a, const void *b)
{
	return kernel_version_compare(((const struct kernel *)b)->version, ((const struct kernel *)a)->version);
}

int kernel_list_make(struct kernel_list *l, const char *root)
{
	int err;

	*l = (struct kernel_list){ 0 };
	err = directory_read(l, root, "boot", boot_add);
	if (!err)
		err = directory_read(l, root, "lib/modules", modules_add);
	if (err)
		kernel_list_fini(l);
	else if (l->nr)
		qsort(l->at, l->nr, sizeof(*l->at), newest_first);
	return err;
}
