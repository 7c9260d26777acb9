/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option_port.c - console ports: NAME=file:PATH, NAME=socket:PATH or NAME=fd:N. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/option.h"

#define NAME_MAX_LEN  64u
#define PORTS_AT_MOST 15u

static const char *const prefixes[] = {
	[CONFIG_PORT_FILE] = "file:",
	[CONFIG_PORT_SOCKET] = "socket:",
	[CONFIG_PORT_FD] = "fd:",
};

static void port_fini(struct config_port *port)
{
	free(port->name);
	free(port->path);
}

static bool name_good(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
	return len && len <= NAME_MAX_LEN;
}

static int where_parse(const struct option_row *o, const char *where, struct config_port *port,
	struct complaint *why)
{
	uint64_t fd;

	for (unsigned kind = 0; kind < ARRAY_SIZE(prefixes); kind++) {
		size_t len = strlen(prefixes[kind]);
		const char *rest = where + len;

		if (strncmp(where, prefixes[kind], len) != 0 || !*rest)
			continue;
		port->kind = (enum config_port_kind)kind;
		if (kind != CONFIG_PORT_FD) {
			port->path = strdup(rest);
			return port->path ? 0 : complain(why, "out of memory");
		}
		if (!number_read(&rest, &fd) || *rest || fd > INT_MAX)
			return complain(why, "a descriptor is a number such as 3");
		port->fd = (int)fd;
		return 0;
	}
	return complain(why, "expected %s", o->type->form);
}

static int port_read(const struct option_row *o, const char *text, struct config_port *port,
	struct complaint *why)
{
	const char *equals = strchr(text, '=');

	*port = (struct config_port){ .fd = -1 };
	if (!equals) {
		complain(why, "expected %s", o->type->form);
		return -EINVAL;
	}
	if (!name_good(text, (size_t)(equals - text))) {
		complain(why,
			"a port's name is made of letters, digits, '.', '_' and '-', %u at most",
			NAME_MAX_LEN);
		return -EINVAL;
	}
	port->name = strndup(text, (size_t)(equals - text));
	if (!port->name) {
		complain(why, "out of memory");
		return -ENOMEM;
	}
	return where_parse(o, equals + 1, port, why);
}

static int ports_append(
	struct config_ports *ports, const struct config_port *port, struct complaint *why)
{
	struct config_port *at;

	for (uint32_t i = 0; i < ports->nr; i++)
		if (strcmp(ports->at[i].name, port->name) == 0) {
			complain(why, "there is a port %s already", port->name);
			return -EINVAL;
		}
	if (ports->nr == PORTS_AT_MOST) {
		complain(why, "there can be %u ports", PORTS_AT_MOST);
		return -EINVAL;
	}
	at = realloc(ports->at, (ports->nr + 1) * sizeof(*at));
	if (!at) {
		complain(why, "out of memory");
		return -ENOMEM;
	}
	ports->at = at;
	at[ports->nr++] = *port;
	return 0;
}

static int ports_parse(
	const struct option_row *o, const char *text, void *field, struct complaint *why)
{
	struct config_port port;
	int err = port_read(o, text, &port, why);

	if (!err)
		err = ports_append(field, &port, why);
	if (err)
		port_fini(&port);
	return err;
}

static uint32_t ports_count(const void *field)
{
	return ((const struct config_ports *)field)->nr;
}

static void ports_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct config_port *port = &((const struct config_ports *)field)->at[i];

	(void)o;
	fprintf(out, "%s=%s", port->name, prefixes[port->kind]);
	if (port->kind == CONFIG_PORT_FD)
		fprintf(out, "%d", port->fd);
	else
		fputs(port->path, out);
}

static void ports_fini(void *field)
{
	struct config_ports *ports = field;

	for (uint32_t i = 0; i < ports->nr; i++)
		port_fini(&ports->at[i]);
	free(ports->at);
	*ports = (struct config_ports){ 0 };
}

const struct option_type type_ports = { "port", "NAME=file:PATH, NAME=socket:PATH or NAME=fd:N",
	BARE_NOTHING, true, ports_parse, ports_count, ports_print, ports_fini };
