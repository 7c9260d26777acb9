/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gnuplot.c - see gnuplot.h. The script is in a memfd, so that gnuplot reads and writes at its own pace. */
#include "benchmarks/bench/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "benchmarks/bench/text.h"
#include "vmm/log.h"

extern char **environ;

static char *read_all(int fd)
{
	char *text = NULL, part[16384];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	ssize_t n;

	while (out && ((n = read(fd, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0)
			fwrite(part, 1, (size_t)n, out);
	if (out)
		fclose(out);
	return text;
}

/* argv with its input from in; what it prints. NULL if it does not end with 0. */
static char *run(char *const *argv, int in)
{
	posix_spawn_file_actions_t files;
	int pipes[2], status, err;
	char *text;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return NULL;
	posix_spawn_file_actions_init(&files);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, pipes[1], STDOUT_FILENO);
	err = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	close(pipes[1]);
	text = err ? NULL : read_all(pipes[0]);
	close(pipes[0]);
	if (err) {
		errno = err;
		return NULL;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	errno = EIO;
	if (status != 0) {
		if (WIFSIGNALED(status))
			log_errno(-EIO, "%s: was killed by signal %d", argv[0], WTERMSIG(status));
		free(text);
		text = NULL;
	}
	return text;
}

int gnuplot_check(void)
{
	char *const argv[] = { (char[]){ "gnuplot" }, (char[]){ "--version" }, NULL };
	char *text = run(argv, -1);

	if (!text)
		return log_errno(-ENOENT, "--html draws with gnuplot, which does not run here: %m; install gnuplot-nox");
	free(text);
	return 0;
}

char *gnuplot_svg(const char *name, unsigned width, unsigned height, const char *script)
{
	char *const argv[] = { (char[]){ "gnuplot" }, (char[]){ "-" }, NULL };
	int fd = memfd_create("gnuplot", MFD_CLOEXEC);
	char *text = NULL, *svg = NULL, *at;
	bool good = fd >= 0 && dprintf(fd, "set terminal svg size %u,%u dynamic noenhanced font 'sans-serif,13' name '%s'\n%s",
		width, height, name, script) > 0 && lseek(fd, 0, SEEK_SET) == 0;

	if (good)
		text = run(argv, fd);
	if (fd >= 0)
		close(fd);
	at = text ? strstr(text, "<svg") : NULL;
	if (at)
		svg = text_format("%s", at);
	else
		log_errno(-EIO, "gnuplot did not draw \"%s\"", name);
	free(text);
	return svg;
}
