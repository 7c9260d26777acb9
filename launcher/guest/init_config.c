/* SPDX-License-Identifier: GPL-2.0-or-later */
/* init_config.c - /thole/config, whose form is in guest.h. Its bytes stay, and all strings lie in them. */
#include "launcher/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char text[256 * 1024];

static void text_read(void)
{
	int fd = open(CONFIG, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got = -1;

	if (fd < 0)
		die("no %s: is this initramfs thole's? %s", CONFIG, strerror(errno));
	while (n < sizeof(text) - 1 && (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	if (got)
		die("cannot read %s", CONFIG);
	close(fd);
}

static void share_add(struct config *c, char *value, bool ro)
{
	char *path = strchr(value, ' ');

	if (!path || c->nr_shares == SHARES_MAX)
		die("%s: a mount that makes no sense, or too many", CONFIG);
	*path++ = '\0';
	c->share[c->nr_shares++] = (struct share){ value, path, ro };
}

static void arg_add(struct config *c, char *value)
{
	if (c->nr_args == ARGS_MAX)
		die("%s: more than %d arguments", CONFIG, ARGS_MAX);
	c->arg[c->nr_args++] = value;
}

static void line_read(struct config *c, char *word, char *value)
{
	if (strcmp(word, "root-virtiofs") == 0)
		c->root_tag = value;
	else if (strcmp(word, "root-disk") == 0)
		c->root_disk = value;
	else if (strcmp(word, "mount-ro") == 0)
		share_add(c, value, true);
	else if (strcmp(word, "mount-rw") == 0)
		share_add(c, value, false);
	else if (strcmp(word, "hostname") == 0)
		c->hostname = value;
	else if (strcmp(word, "init") == 0)
		c->init = value;
	else if (strcmp(word, "shell") == 0)
		c->shell = true;
	else if (strcmp(word, "agent-arg") == 0)
		arg_add(c, value);
	else
		die("%s: what is \"%s\"?", CONFIG, word);
}

void config_read(struct config *c)
{
	char *rest = text, *line;

	text_read();
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, ' ');

		if (!*line)
			continue;
		if (value)
			*value++ = '\0';
		line_read(c, line, value ? value : line + strlen(line));
	}
}
