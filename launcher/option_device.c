/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option_device.c - devices to hand over, kept as they were written and checked when they are read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/handover.h"
#include "launcher/option.h"
#include "passthrough/device_spec.h"

static int devices_parse(const struct option_row *o, const char *text, void *field, struct complaint *why)
{
	struct config_strings *list = field;
	struct device_spec spec;
	char **at;
	int err = device_spec_parse(text, &spec, why->text, sizeof(why->text));

	(void)o;
	if (err)
		return err;
	if (list->nr == HANDOVER_MAX)
		return complain(why, "there can be %d devices", HANDOVER_MAX);
	at = realloc(list->at, (list->nr + 1) * sizeof(*at));
	if (at)
		list->at = at;
	if (!at || !(at[list->nr] = strdup(text))) {
		complain(why, "out of memory");
		return -ENOMEM;
	}
	list->nr++;
	return 0;
}

static uint32_t devices_count(const void *field)
{
	return ((const struct config_strings *)field)->nr;
}

static void devices_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	(void)o;
	fputs(((const struct config_strings *)field)->at[i], out);
}

static void devices_fini(void *field)
{
	struct config_strings *list = field;

	for (uint32_t i = 0; i < list->nr; i++)
		free(list->at[i]);
	free(list->at);
	*list = (struct config_strings){ 0 };
}

const struct option_type type_devices = { "device", "a PCI address such as 0000:3b:00.1, or class=network,node=0",
	BARE_NOTHING, true, devices_parse, devices_count, devices_print, devices_fini };
