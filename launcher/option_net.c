/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option_net.c - network devices: KEY=VALUE,... with one of tap, bridge, macvtap and fd, and what may go with it. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/link.h"
#include "launcher/net_mac.h"
#include "launcher/option.h"

#define NETS_AT_MOST 16u
#define MTU_MIN	     68u /* virtio 1.2, 5.1.4.1 */
#define MTU_MAX	     65521u /* a tap's, which has 14 bytes before it in 65535 */

static void net_fini(struct config_net *net)
{
	free(net->name);
	free(net->tap);
}

static int text_keep(char **at, const char *text, struct complaint *why)
{
	*at = strdup(text);
	return *at ? 0 : complain(why, "out of memory");
}

static int kind_set(struct config_net *net, enum config_net_kind kind, struct complaint *why)
{
	/* A tap may go with a bridge: it is what joins it. */
	bool both = (net->kind == CONFIG_NET_TAP && kind == CONFIG_NET_BRIDGE) ||
		    (net->kind == CONFIG_NET_BRIDGE && kind == CONFIG_NET_TAP);

	if (net->kind != CONFIG_NET_NOTHING && !both && !(kind == CONFIG_NET_FD && net->kind == kind))
		return complain(why, "one of tap=, bridge=, macvtap= and fd= is enough");
	net->kind = both ? CONFIG_NET_BRIDGE : kind;
	return 0;
}

static int name_set(struct config_net *net, enum config_net_kind kind, char **at, const char *value,
	struct complaint *why)
{
	int err;

	if (!link_name_good(value))
		return complain(why, "\"%.32s\" is no interface's name, which has 15 characters at most", value);
	if ((err = kind_set(net, kind, why)) != 0)
		return err;
	if (*at)
		return complain(why, "the name of an interface is there twice");
	return text_keep(at, value, why);
}

static int tap_set(struct config_net *net, const char *value, struct complaint *why)
{
	return name_set(net, CONFIG_NET_TAP, &net->tap, value, why);
}

static int bridge_set(struct config_net *net, const char *value, struct complaint *why)
{
	return name_set(net, CONFIG_NET_BRIDGE, &net->name, value, why);
}

static int macvtap_set(struct config_net *net, const char *value, struct complaint *why)
{
	return name_set(net, CONFIG_NET_MACVTAP, &net->name, value, why);
}

static bool number_in(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
	return number_read(&text, number) && !*text && *number >= least && *number <= most;
}

static int fd_set_one(struct config_net *net, const char *value, struct complaint *why)
{
	uint64_t fd;
	int err;

	if (!number_in(value, 0, INT_MAX, &fd))
		return complain(why, "a descriptor is a number such as 3");
	if (net->nr_fds == CONFIG_NET_QUEUES_MAX)
		return complain(why, "there can be %u queues", CONFIG_NET_QUEUES_MAX);
	if ((err = kind_set(net, CONFIG_NET_FD, why)) != 0)
		return err;
	net->fd[net->nr_fds++] = (int)fd;
	return 0;
}

static int mac_set(struct config_net *net, const char *value, struct complaint *why)
{
	if (!mac_read(value, net->mac))
		return complain(why, "mac is one station's address such as 02:00:00:00:00:01");
	net->has_mac = true;
	return 0;
}

static int queues_set(struct config_net *net, const char *value, struct complaint *why)
{
	uint64_t n;

	if (!number_in(value, 1, CONFIG_NET_QUEUES_MAX, &n))
		return complain(why, "queues is from 1 to %u", CONFIG_NET_QUEUES_MAX);
	net->queues = (uint32_t)n;
	return 0;
}

static int mtu_set(struct config_net *net, const char *value, struct complaint *why)
{
	uint64_t n;

	if (!number_in(value, MTU_MIN, MTU_MAX, &n))
		return complain(why, "mtu is from %u to %u", MTU_MIN, MTU_MAX);
	net->mtu = (uint32_t)n;
	return 0;
}

static const struct key {
	const char *name;
	int (*set)(struct config_net *net, const char *value, struct complaint *why);
} keys[] = {
	{ "tap", tap_set },   { "bridge", bridge_set }, { "macvtap", macvtap_set }, { "fd", fd_set_one },
	{ "mac", mac_set },   { "queues", queues_set }, { "mtu", mtu_set },
};

/* One KEY=VALUE; changes the text. */
static int key_parse(struct config_net *net, char *text, struct complaint *why)
{
	char *equals = strchr(text, '=');

	if (equals)
		*equals = 0;
	for (size_t i = 0; equals && i < ARRAY_SIZE(keys); i++)
		if (strcmp(text, keys[i].name) == 0)
			return keys[i].set(net, equals + 1, why);
	return complain(why, "\"%.32s\" is none of tap=, bridge=, macvtap=, fd=, mac=, queues= and mtu=", text);
}

static int net_read(char *text, struct config_net *net, struct complaint *why)
{
	char *rest = NULL;

	*net = (struct config_net){ .kind = CONFIG_NET_NOTHING };
	for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		int err = key_parse(net, word, why);

		if (err)
			return err;
	}
	if (net->kind == CONFIG_NET_NOTHING)
		return complain(why, "expected one of tap=NAME, bridge=NAME, macvtap=INTERFACE and fd=N");
	if (net->kind == CONFIG_NET_FD && net->queues && net->queues != net->nr_fds)
		return complain(why, "there are as many queues as descriptors: leave queues= out");
	return 0;
}

static int nets_append(struct config_nets *nets, const struct config_net *net, struct complaint *why)
{
	struct config_net *at;

	if (nets->nr == NETS_AT_MOST)
		return complain(why, "there can be %u network devices", NETS_AT_MOST);
	at = realloc(nets->at, (nets->nr + 1) * sizeof(*at));
	if (!at)
		return complain(why, "out of memory");
	nets->at = at;
	at[nets->nr++] = *net;
	return 0;
}

static int nets_parse(const struct option_row *o, const char *text, void *field, struct complaint *why)
{
	char *copy = strdup(text);
	struct config_net net = { 0 };
	int err;

	(void)o;
	if (!copy)
		return complain(why, "out of memory");
	err = net_read(copy, &net, why);
	if (!err)
		err = nets_append(field, &net, why);
	if (err)
		net_fini(&net);
	free(copy);
	return err;
}

static uint32_t nets_count(const void *field)
{
	return ((const struct config_nets *)field)->nr;
}

static void nets_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct config_net *net = &((const struct config_nets *)field)->at[i];
	const uint8_t *m = net->mac;
	const char *comma = "";

	(void)o;
	if (net->name) {
		fprintf(out, "%s=%s", net->kind == CONFIG_NET_BRIDGE ? "bridge" : "macvtap", net->name);
		comma = ",";
	}
	if (net->tap) {
		fprintf(out, "%stap=%s", comma, net->tap);
		comma = ",";
	}
	for (uint32_t k = 0; k < net->nr_fds; k++, comma = ",")
		fprintf(out, "%sfd=%d", comma, net->fd[k]);
	if (net->has_mac)
		fprintf(out, ",mac=%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	if (net->queues)
		fprintf(out, ",queues=%" PRIu32, net->queues);
	if (net->mtu)
		fprintf(out, ",mtu=%" PRIu32, net->mtu);
}

static void nets_fini(void *field)
{
	struct config_nets *nets = field;

	for (uint32_t i = 0; i < nets->nr; i++)
		net_fini(&nets->at[i]);
	free(nets->at);
	*nets = (struct config_nets){ 0 };
}

const struct option_type type_nets = { "net", "KEY=VALUE,... such as bridge=br0", BARE_NOTHING, true, nets_parse,
	nets_count, nets_print, nets_fini };
