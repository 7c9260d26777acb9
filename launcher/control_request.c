/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_request.c - jansson reads it, and every member must be one that is known. */
#include "launcher/control_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

static const char *const words[CONTROL_KINDS] = { "status", "stat", "stop", "console", "join" };

static int kind_take(struct control_request *r, const json_t *value, const char **why)
{
	const char *word = json_string_value(value);

	for (int i = 0; word && i < CONTROL_KINDS; i++)
		if (strcmp(word, words[i]) == 0) {
			r->kind = (enum control_kind)i;
			return 0;
		}
	*why = "no such request";
	return -EINVAL;
}

static int member_take(struct control_request *r, const char *key, const json_t *value, const char **why)
{
	if (strcmp(key, "request") == 0)
		return kind_take(r, value, why);
	*why = "a request has a member that is not known, or is not true or false";
	if (!json_is_boolean(value))
		return -EINVAL;
	if (strcmp(key, "hard") == 0)
		r->hard = json_is_true(value);
	else if (strcmp(key, "keep") == 0)
		r->keep = json_is_true(value);
	else
		return -EINVAL;
	return 0;
}

int control_request_parse(struct control_request *r, const char *line, size_t nr, const char **why)
{
	json_t *root = json_loadb(line, nr, JSON_REJECT_DUPLICATES, NULL);
	const char *key;
	json_t *value;
	int err = 0;

	*r = (struct control_request){ 0 };
	*why = "a request is an object of JSON in a line";
	if (!json_is_object(root) || !json_object_get(root, "request"))
		err = -EINVAL;
	json_object_foreach(root, key, value)
		if (!err)
			err = member_take(r, key, value, why);
	json_decref(root);
	return err;
}

void control_request_print(const struct control_request *r, char *buf)
{
	snprintf(buf, CONTROL_LINE_MAX, "{\"request\": \"%s\"%s%s}\n", words[r->kind], r->hard ? ", \"hard\": true" : "",
		r->keep ? ", \"keep\": true" : "");
}
