/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option_share.c - directories and disks: a path, and words between commas after it.
 *
 *   share  TAG=PATH[,ro][,at=DIR]
 *   disk   PATH[,format=raw|qcow2][,ro][,overlay=temp|FILE]
 *
 * So a path with a comma cannot be written here; a symbolic link to it can.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/option.h"

#define TAG_MAX_LEN 36u /* virtio 1.2, 5.11.4 */
#define AT_MOST	    24u /* the PCI bus has 31 slots */

/* The word up to the next comma, or NULL at the end; *at goes on after it. *err: no memory. */
static char *word_next(const char **at, int *err)
{
	size_t len = strcspn(*at, ",");
	char *word;

	if (!*at || !**at)
		return NULL;
	word = strndup(*at, len);
	*err = word ? 0 : -ENOMEM;
	*at += len + ((*at)[len] == ',');
	return word;
}

/* complain(), in a form in which a checker sees that it is an error. */
#define refuse(...) (complain(__VA_ARGS__), -EINVAL)

static int no_memory(struct complaint *why)
{
	complain(why, "out of memory");
	return -ENOMEM;
}

/* If word is KEY=VALUE with that key (which ends in '='), have a copy of the value. */
static bool value_take(const char *word, const char *key, char **value, int *err)
{
	size_t len = strlen(key);

	if (strncmp(word, key, len) != 0 || !word[len])
		return false;
	free(*value);
	*value = strdup(word + len);
	*err = *value ? 0 : -ENOMEM;
	return true;
}

/* Append to a list of elements of that size; the array's new place, or NULL. */
static void *list_grow(void *at, uint32_t nr, size_t size)
{
	return realloc(at, (nr + 1) * size);
}

/* share */

static void share_free(struct config_share *s)
{
	free(s->tag);
	free(s->path);
	free(s->at);
	*s = (struct config_share){ 0 };
}

static bool tag_good(const char *tag, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)tag[i]) && !strchr("._-", tag[i]))
			return false;
	return len && len <= TAG_MAX_LEN;
}

static int share_word(struct config_share *s, const char *word, struct complaint *why)
{
	int err = 0;

	if (strcmp(word, "ro") == 0) {
		s->ro = true;
		return 0;
	}
	if (!value_take(word, "at=", &s->at, &err))
		return complain(why, "after the directory comes ro or at=DIR, not \"%.40s\"", word);
	if (err)
		return no_memory(why);
	return *s->at == '/' ? 0 : complain(why, "at= names a directory in the guest, such as /data");
}

static int share_read(
	const struct option_row *o, const char *text, struct config_share *s, struct complaint *why)
{
	const char *at = strchr(text, '=');
	char *word;
	int err = 0;

	if (!at || !at[1] || at[1] == ',')
		return refuse(why, "expected %s", o->type->form);
	if (!tag_good(text, (size_t)(at - text)))
		return refuse(why, "a tag is made of letters, digits, '.', '_' and '-', %u at most",
			TAG_MAX_LEN);
	s->tag = strndup(text, (size_t)(at - text));
	at++;
	s->path = word_next(&at, &err);
	if (!s->tag || !s->path)
		return no_memory(why);
	while (!err && (word = word_next(&at, &err)) != NULL) {
		err = share_word(s, word, why);
		free(word);
	}
	return err == -ENOMEM ? no_memory(why) : err;
}

static int shares_append(
	struct config_shares *list, const struct config_share *s, struct complaint *why)
{
	struct config_share *at;

	for (uint32_t i = 0; i < list->nr; i++)
		if (strcmp(list->at[i].tag, s->tag) == 0)
			return refuse(why, "there is a share %s already", s->tag);
	if (list->nr == AT_MOST)
		return refuse(why, "there can be %u shares", AT_MOST);
	if (!(at = list_grow(list->at, list->nr, sizeof(*at))))
		return no_memory(why);
	list->at = at;
	at[list->nr++] = *s;
	return 0;
}

static int shares_parse(
	const struct option_row *o, const char *text, void *field, struct complaint *why)
{
	struct config_share s = { 0 };
	int err = share_read(o, text, &s, why);

	if (!err)
		err = shares_append(field, &s, why);
	if (err)
		share_free(&s);
	return err;
}

static uint32_t shares_count(const void *field)
{
	return ((const struct config_shares *)field)->nr;
}

static void shares_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct config_share *s = &((const struct config_shares *)field)->at[i];

	(void)o;
	fprintf(out, "%s=%s%s", s->tag, s->path, s->ro ? ",ro" : "");
	if (s->at)
		fprintf(out, ",at=%s", s->at);
}

static void shares_fini(void *field)
{
	struct config_shares *list = field;

	for (uint32_t i = 0; i < list->nr; i++)
		share_free(&list->at[i]);
	free(list->at);
	*list = (struct config_shares){ 0 };
}

const struct option_type type_shares = { "share", "TAG=PATH, and then ,ro or ,at=DIR if wanted",
	BARE_NOTHING, true, shares_parse, shares_count, shares_print, shares_fini };

/* disk */

static const char *const formats[] = { [CONFIG_DISK_RAW] = "raw", [CONFIG_DISK_QCOW2] = "qcow2" };

static void disk_free(struct config_disk *d)
{
	free(d->path);
	free(d->overlay);
	*d = (struct config_disk){ 0 };
}

static int format_word(struct config_disk *d, const char *word, struct complaint *why)
{
	for (unsigned f = 0; f < ARRAY_SIZE(formats); f++)
		if (strcmp(word, formats[f]) == 0) {
			d->format = (enum config_disk_format)f;
			return 0;
		}
	return complain(why, "a disk's format is raw or qcow2, not \"%.40s\"", word);
}

static int disk_word(struct config_disk *d, const char *word, struct complaint *why)
{
	int err = 0;

	if (strcmp(word, "ro") == 0) {
		d->ro = true;
		return 0;
	}
	if (strncmp(word, "format=", 7) == 0)
		return format_word(d, word + 7, why);
	if (!value_take(word, "overlay=", &d->overlay, &err))
		return complain(why,
			"after the image comes ro, format= or overlay=, not \"%.40s\"", word);
	return err ? no_memory(why) : 0;
}

/* What its name says, for which the file is not looked at: a guest can write what it likes into one. */
static enum config_disk_format format_of(const char *path)
{
	size_t len = strlen(path);

	return len > 6 && strcmp(path + len - 6, ".qcow2") == 0 ? CONFIG_DISK_QCOW2 : CONFIG_DISK_RAW;
}

static int disk_read(
	const struct option_row *o, const char *text, struct config_disk *d, struct complaint *why)
{
	const char *at = text;
	char *word;
	int err = 0;

	if (!*text || *text == ',')
		return complain(why, "expected %s", o->type->form);
	d->path = word_next(&at, &err);
	if (!d->path)
		return no_memory(why);
	d->format = format_of(d->path);
	while (!err && (word = word_next(&at, &err)) != NULL) {
		err = disk_word(d, word, why);
		free(word);
	}
	if (err)
		return err == -ENOMEM ? no_memory(why) : err;
	return d->ro && d->overlay ? complain(why, "either ro or overlay=: one takes writes, the other none")
				   : 0;
}

static int disks_parse(
	const struct option_row *o, const char *text, void *field, struct complaint *why)
{
	struct config_disks *list = field;
	struct config_disk d = { 0 };
	struct config_disk *at = NULL;
	int err = disk_read(o, text, &d, why);

	if (!err && list->nr == AT_MOST)
		err = complain(why, "there can be %u disks", AT_MOST);
	if (!err && !(at = list_grow(list->at, list->nr, sizeof(*at))))
		err = no_memory(why);
	if (err) {
		disk_free(&d);
		return err;
	}
	list->at = at;
	at[list->nr++] = d;
	return 0;
}

static uint32_t disks_count(const void *field)
{
	return ((const struct config_disks *)field)->nr;
}

static void disks_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct config_disk *d = &((const struct config_disks *)field)->at[i];

	(void)o;
	fprintf(out, "%s,format=%s%s", d->path, formats[d->format], d->ro ? ",ro" : "");
	if (d->overlay)
		fprintf(out, ",overlay=%s", d->overlay);
}

static void disks_fini(void *field)
{
	struct config_disks *list = field;

	for (uint32_t i = 0; i < list->nr; i++)
		disk_free(&list->at[i]);
	free(list->at);
	*list = (struct config_disks){ 0 };
}

const struct option_type type_disks = { "disk", "an image, and then ,format=, ,ro or ,overlay= if wanted",
	BARE_NOTHING, true, disks_parse, disks_count, disks_print, disks_fini };
