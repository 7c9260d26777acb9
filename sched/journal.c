/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal.c - see journal.h. What is read is checked: root writes what it says to the files that it names. */
#include "sched/journal.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sched/cpus.h"

#define SCHEMA	    "thole-isolation/1"
#define CHANGES_MAX 65536u

static const char *const kinds[CHANGE_KINDS] = { "value", "mask", "list", "add", "controller", "workload", "group" };

bool journal_id_ok(const char *id)
{
	size_t len = strlen(id);

	if (!len || len >= JOURNAL_ID || !isalnum((unsigned char)*id))
		return false;
	for (; *id; id++)
		if (!isalnum((unsigned char)*id) && !strchr("._-", *id))
			return false;
	return true;
}

int journal_owner_find(const struct journal *j, const char *id)
{
	for (int i = 0; i < JOURNAL_OWNERS; i++)
		if (*id && strcmp(j->owner[i].id, id) == 0)
			return i;
	return -ENOENT;
}

int journal_owner_add(struct journal *j, const char *id, const struct cpulist *cpus, bool kept)
{
	for (int i = 0; i < JOURNAL_OWNERS; i++) {
		struct journal_owner *o = &j->owner[i];
		int err;

		if (*o->id)
			continue;
		if ((err = cpulist_copy(&o->cpus, cpus)) != 0)
			return err;
		strncpy(o->id, id, sizeof(o->id) - 1);
		o->kept = kept;
		return i;
	}
	return -EBUSY;
}

void journal_owner_remove(struct journal *j, unsigned slot)
{
	cpulist_fini(&j->owner[slot].cpus);
	j->owner[slot] = (struct journal_owner){ 0 };
}

struct change *journal_find(struct journal *j, const char *path)
{
	for (uint32_t i = 0; i < j->nr; i++)
		if (strcmp(j->change[i].path, path) == 0)
			return &j->change[i];
	return NULL;
}

static void change_fini(struct change *c)
{
	free(c->knob);
	free(c->path);
	free(c->former);
	free(c->value);
	free(c->set);
}

struct change *journal_add(struct journal *j, const char *knob, const char *path, enum change_kind kind,
	const char *former, const char *value)
{
	struct change *more = realloc(j->change, (j->nr + 1) * sizeof(*more)), *c;

	if (!more)
		return NULL;
	j->change = more;
	c = &more[j->nr];
	*c = (struct change){ strdup(knob), strdup(path), kind, strdup(former), strdup(value ? value : ""), NULL, 0 };
	if (!c->knob || !c->path || !c->former || !c->value) {
		change_fini(c);
		return NULL;
	}
	j->nr++;
	return c;
}

void journal_remove(struct journal *j, struct change *c)
{
	size_t at = (size_t)(c - j->change);

	change_fini(c);
	memmove(c, c + 1, (--j->nr - at) * sizeof(*c));
}

int journal_cpus(const struct journal *j, uint64_t owners, struct cpulist *cpus)
{
	*cpus = (struct cpulist){ 0 };
	for (unsigned i = 0; i < JOURNAL_OWNERS; i++) {
		struct cpulist sum;
		int err = owners >> i & 1 ? cpus_union(&sum, cpus, &j->owner[i].cpus) : 1;

		if (err == 1)
			continue;
		cpulist_fini(cpus);
		if (err)
			return err;
		*cpus = sum;
	}
	return 0;
}

void journal_fini(struct journal *j)
{
	for (uint32_t i = 0; i < j->nr; i++)
		change_fini(&j->change[i]);
	free(j->change);
	for (unsigned i = 0; i < JOURNAL_OWNERS; i++)
		cpulist_fini(&j->owner[i].cpus);
	*j = (struct journal){ 0 };
}

static int owner_read(struct journal *j, json_t *value)
{
	const char *id, *list;
	struct cpulist cpus;
	int kept, err;

	if (json_unpack(value, "{s:s, s:s, s:b}", "id", &id, "cpus", &list, "kept", &kept) != 0 || !journal_id_ok(id) ||
		journal_owner_find(j, id) >= 0)
		return -EINVAL;
	if ((err = cpulist_parse(&cpus, list, NULL, NULL)) != 0)
		return err == -ENOMEM ? err : -EINVAL;
	err = journal_owner_add(j, id, &cpus, kept);
	cpulist_fini(&cpus);
	return err < 0 ? err : 0;
}

/* Only what a kernel offers is ever written to. */
static bool path_ok(const char *path)
{
	return (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0) && !strstr(path, "..");
}

static int owners_read(const struct journal *j, json_t *list, uint64_t *owners)
{
	json_t *one;
	size_t i;

	*owners = 0;
	if (!json_is_array(list))
		return -EINVAL;
	json_array_foreach(list, i, one) {
		int slot = json_is_string(one) ? journal_owner_find(j, json_string_value(one)) : -1;

		if (slot < 0)
			return -EINVAL;
		*owners |= UINT64_C(1) << slot;
	}
	return 0;
}

static int change_read(struct journal *j, json_t *value)
{
	const char *knob, *path, *kind, *former, *text, *set = NULL;
	json_t *owners, *after;
	enum change_kind k = 0;
	struct change *c;

	if (json_unpack(value, "{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "knob", &knob, "path", &path, "kind", &kind, "former",
		    &former, "value", &text, "set", &after, "owners", &owners) != 0)
		return -EINVAL;
	while (k < CHANGE_KINDS && strcmp(kinds[k], kind) != 0)
		k++;
	if (k == CHANGE_KINDS || !path_ok(path) || journal_find(j, path) || j->nr == CHANGES_MAX)
		return -EINVAL;
	if (!json_is_null(after) && !(set = json_string_value(after)))
		return -EINVAL;
	c = journal_add(j, knob, path, k, former, text);
	if (!c || (set && !(c->set = strdup(set))))
		return -ENOMEM;
	return owners_read(j, owners, &c->owners);
}

static int root_read(struct journal *j, json_t *root, const char *boot)
{
	json_t *owners, *changes, *one;
	const char *schema, *id;
	int err = 0;
	size_t i;

	if (json_unpack(root, "{s:s, s:s, s:o, s:o}", "schema", &schema, "boot", &id, "owners", &owners, "changes",
		    &changes) != 0 || strcmp(schema, SCHEMA) != 0)
		return -EINVAL;
	if (strcmp(id, boot) != 0)
		return -ESTALE;
	if (!json_is_array(owners) || !json_is_array(changes))
		return -EINVAL;
	json_array_foreach(owners, i, one)
		if ((err = owner_read(j, one)) != 0)
			return err;
	json_array_foreach(changes, i, one)
		if ((err = change_read(j, one)) != 0)
			return err;
	return 0;
}

int journal_parse(struct journal *j, const char *text, const char *boot)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	int err;

	*j = (struct journal){ 0 };
	if (!root)
		return -EINVAL;
	err = root_read(j, root, boot);
	json_decref(root);
	if (err)
		journal_fini(j);
	return err;
}

static json_t *owners_json(const struct journal *j)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < JOURNAL_OWNERS; i++) {
		const struct journal_owner *o = &j->owner[i];
		char *cpus = *o->id ? cpus_to_list(&o->cpus) : NULL;

		if (*o->id)
			json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "id", o->id, "cpus", cpus ? cpus : "", "kept",
				(int)o->kept));
		free(cpus);
	}
	return list;
}

static json_t *change_json(const struct journal *j, const struct change *c)
{
	json_t *owners = json_array();

	for (unsigned i = 0; i < JOURNAL_OWNERS; i++)
		if (c->owners >> i & 1)
			json_array_append_new(owners, json_string(j->owner[i].id));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "knob", c->knob, "path", c->path, "kind", kinds[c->kind],
		"former", c->former, "value", c->value, "set", c->set ? json_string(c->set) : json_null(), "owners", owners);
}

char *journal_text(const struct journal *j, const char *boot)
{
	json_t *changes = json_array(), *root;
	char *text = NULL;
	int err = 0;

	for (uint32_t i = 0; i < j->nr; i++)
		err |= json_array_append_new(changes, change_json(j, &j->change[i]));
	root = json_pack("{s:s, s:s, s:o, s:o}", "schema", SCHEMA, "boot", boot, "owners", owners_json(j), "changes", changes);
	if (root && !err)
		text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	return text;
}
