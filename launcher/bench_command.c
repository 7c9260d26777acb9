/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_command.c - `thole bench`: becomes thole-bench, a program of its own, since who runs machines needs no
 * statistics, plots or counters.
 *
 * It is looked for from where thole itself is: in libexec/thole beside its bin, where `make install` puts it, and in the
 * build tree.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/command.h"
#include "launcher/exit_code.h"
#include "vmm/log.h"

#define PATH_ROOM 4096

/* Relative to the folder of thole. */
static const char *const places[] = {
	"../libexec/thole/thole-bench",
	"build/cc/benchmarks/thole-bench",  /* ./thole */
	"build/gcc/benchmarks/thole-bench", /* the same, by other names of the compiler */
	"build/clang/benchmarks/thole-bench",
	"benchmarks/thole-bench",           /* build/cc-san/thole */
};

static bool bench_find(const char *folder, char path[PATH_ROOM])
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (snprintf(path, PATH_ROOM, "%s/%s", folder, places[i]) < PATH_ROOM && access(path, X_OK) == 0)
			return true;
	return false;
}

int bench_command(int argc, char **argv)
{
	char self[PATH_ROOM], folder[PATH_ROOM], path[PATH_ROOM];
	char option[PATH_ROOM + sizeof("--thole=")];
	char **args = calloc((size_t)argc + 2, sizeof(*args));
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0 || !args) {
		free(args);
		log_errno(-errno, "thole bench: %m");
		return EXIT_CODE_FAILED;
	}
	self[n] = '\0';
	memcpy(folder, self, (size_t)n + 1);
	*strrchr(folder, '/') = '\0';
	snprintf(option, sizeof(option), "--thole=%s", self);
	args[0] = argv[0];
	args[1] = option;
	memcpy(args + 2, argv + 1, ((size_t)argc - 1) * sizeof(*args));
	if (bench_find(folder, path))
		execv(path, args);
	else
		errno = ENOENT;
	log_errno(-errno, "thole bench runs thole-bench, which is not there: %m; `make benches` builds it, `make install` "
		"installs it");
	free(args);
	return EXIT_CODE_FAILED;
}
