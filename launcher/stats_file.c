/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats_file.c - build the JSON value, write it beside the file, put it in place. */
#include "launcher/stats_file.h"

#include <errno.h>

#include "launcher/file_replace.h"
#include "vmm/exit.h"
#include "vmm/log.h"
#include "vmm/stats.h"

json_t *stats_json(const struct stats *s)
{
	json_t *obj = json_object();

	for (uint32_t i = 0; i < s->nr; i++) {
		struct stats_value one = stats_at(s, i);
		json_t *value = one.count == 1 ? json_integer((json_int_t)one.values[0]) : json_array();

		for (uint32_t k = 0; one.count > 1 && k < one.count; k++)
			json_array_append_new(value, json_integer((json_int_t)one.values[k]));
		json_object_set_new(obj, one.name, value);
	}
	return obj;
}

json_t *stats_kvm(int fd)
{
	struct stats s;
	json_t *obj;

	if (stats_open(&s, fd) != 0)
		return json_null();
	obj = stats_json(&s);
	stats_close(&s);
	return obj;
}

json_t *stats_exits(const struct vcpu *v)
{
	json_t *exits = json_object();

	for (uint32_t why = 0; why < VCPU_EXIT_REASONS; why++) {
		const char *name = exit_name(why);
		json_int_t before = json_integer_value(json_object_get(exits, name));

		if (v->exits[why])
			json_object_set_new(exits, name, json_integer(before + (json_int_t)v->exits[why]));
	}
	return exits;
}

static json_t *vcpu_stats(const struct vcpu *v)
{
	return json_pack("{s:i, s:o, s:I, s:I, s:o}", "index", (int)v->index, "exits", stats_exits(v), "unclaimed",
		(json_int_t)v->nobody, "malformed", (json_int_t)v->bad, "kvm", stats_kvm(v->fd));
}

int stats_file_write(const char *path, const struct vm *vm, const struct vcpus *vcpus)
{
	json_t *list = json_array();
	json_t *root;
	char *text;
	int err;

	for (uint32_t i = 0; i < vcpus->nr; i++)
		json_array_append_new(list, vcpu_stats(&vcpus->vcpu[i]));
	root = json_pack("{s:s, s:s, s:o, s:o}", "schema", "thole-stats/1", "version", THOLE_VERSION, "vm",
		stats_kvm(vm->fd), "vcpus", list);
	text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	if (!text)
		return log_errno(-ENOMEM, "statistics: %m");
	err = file_replace(path, text);
	free(text);
	return err;
}
