/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option_vsock.c - the guest's vsock address: a number, auto or none. */
#include <inttypes.h>
#include <string.h>

#include "launcher/option.h"

static const char *const words[] = { [CONFIG_VSOCK_NONE] = "none", [CONFIG_VSOCK_AUTO] = "auto" };

static int vsock_parse(const struct option_row *o, const char *text, void *field, struct complaint *why)
{
	struct config_vsock *vsock = field;
	const char *p = text;
	uint64_t cid;

	for (unsigned kind = 0; kind < ARRAY_SIZE(words); kind++)
		if (strcmp(text, words[kind]) == 0) {
			*vsock = (struct config_vsock){ .kind = (enum config_vsock_kind)kind };
			return 0;
		}
	if (!number_read(&p, &cid) || *p)
		return complain(why, "expected %s", o->type->form);
	if (cid < o->min || cid > o->max)
		return complain(why, "a guest's address is from %" PRIu64 " to %" PRIu64
			"; 2 is the host's", o->min, o->max);
	*vsock = (struct config_vsock){ .kind = CONFIG_VSOCK_CID, .cid = (uint32_t)cid };
	return 0;
}

static uint32_t vsock_count(const void *field)
{
	(void)field;
	return 1;
}

static void vsock_print(const struct option_row *o, const void *field, uint32_t i, FILE *out)
{
	const struct config_vsock *vsock = field;

	(void)o;
	(void)i;
	if (vsock->kind == CONFIG_VSOCK_CID)
		fprintf(out, "%" PRIu32, vsock->cid);
	else
		fputs(words[vsock->kind], out);
}

static void vsock_fini(void *field)
{
	*(struct config_vsock *)field = (struct config_vsock){ .kind = CONFIG_VSOCK_NONE };
}

const struct option_type type_vsock = { "vsock", "an address such as 42, auto or none", BARE_NUMBER, false,
	vsock_parse, vsock_count, vsock_print, vsock_fini };
