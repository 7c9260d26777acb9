/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ps_command.c - `thole ps`: this user's machines that have a name. What a killed thole left is removed. */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/berth.h"
#include "launcher/command.h"
#include "launcher/control_client.h"
#include "launcher/exit_code.h"
#include "launcher/output.h"
#include "vmm/log.h"

/* A machine that has not got to its event loop yet answers when it does: so long is not waited. */
#define ANSWER_MS 1000

static json_t *machine_ask(int harbour, const char *name)
{
	const struct control_request r = { .kind = CONTROL_STATUS };
	int fd = berth_connect(harbour, name), err;
	json_t *root = NULL;

	if (fd >= 0) {
		err = control_send(fd, &r);
		root = err ? NULL : control_receive(fd, ANSWER_MS, &err);
		close(fd);
	}
	/* It is there, and says nothing: it is being made, or stopped by a debugger or a SIGSTOP. */
	return root ? root : json_pack("{s:s, s:s}", "name", name, "state", "silent");
}

static json_t *machines_list(int harbour)
{
	DIR *dir = fdopendir(dup(harbour));
	json_t *list = json_array();
	struct dirent *e;

	if (!dir)
		return list;
	rewinddir(dir);
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (berth_is_taken(harbour, e->d_name))
			json_array_append_new(list, machine_ask(harbour, e->d_name));
	}
	closedir(dir);
	if (harbour_lock(harbour) == 0) {
		harbour_clear(harbour);
		harbour_unlock(harbour);
	}
	return list;
}

static void number_print(const json_t *m, const char *key, int width, double unit)
{
	const json_t *v = json_object_get(m, key);

	if (json_is_number(v))
		printf(" %*.0f", width, json_number_value(v) / unit);
	else
		printf(" %*s", width, "-");
}

static void table_print(const json_t *list)
{
	size_t i;
	json_t *m;

	printf("%-24s %-9s %8s %5s %11s %9s %6s %8s %9s\n", "NAME", "STATE", "PID", "VCPUS", "MEMORY/MiB", "USED/MiB",
		"VSOCK", "PROGRAMS", "SECONDS");
	json_array_foreach(list, i, m) {
		printf("%-24s %-9s", json_string_value(json_object_get(m, "name")),
			json_string_value(json_object_get(m, "state")));
		number_print(m, "pid", 8, 1);
		number_print(m, "cpus", 5, 1);
		number_print(m, "memory", 11, 1 << 20);
		number_print(m, "resident", 9, 1 << 20);
		number_print(m, "vsock", 6, 1);
		number_print(m, "programs", 8, 1);
		number_print(m, "seconds", 9, 1);
		putchar('\n');
	}
}

int ps_command(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	char path[PATH_MAX];
	bool json = false;
	json_t *list;
	int harbour;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'h') {
			puts("usage: thole ps [--json]\n\nYour machines that have a name, and what each is doing.\n\n"
			     "      --json   print JSON rather than a table");
			return 0;
		}
		if (c != 'j')
			return EXIT_CODE_FAILED;
		json = true;
	}
	if (optind < argc) {
		log_errno(-EINVAL, "thole ps takes no argument '%.40s'; see thole ps --help", argv[optind]);
		return EXIT_CODE_FAILED;
	}
	harbour = harbour_open(path);
	if (harbour < 0)
		return EXIT_CODE_FAILED;
	list = machines_list(harbour);
	close(harbour);
	if (json)
		return output_json(list) == 0 ? 0 : EXIT_CODE_FAILED;
	table_print(list);
	json_decref(list);
	return output_end() == 0 ? 0 : EXIT_CODE_FAILED;
}
