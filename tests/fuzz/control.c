/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control.c - fuzz: a line to the control socket. What is accepted means the same when it is printed. */
#include <stdlib.h>
#include <string.h>

#include "launcher/control_request.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_request r, again;
	char line[CONTROL_LINE_MAX];
	const char *why = NULL;

	if (size > CONTROL_LINE_MAX)
		return 0;
	if (control_request_parse(&r, (const char *)data, size, &why) != 0) {
		if (!why)
			abort();
		return 0;
	}
	control_request_print(&r, line);
	if (control_request_parse(&again, line, strlen(line), &why) != 0 || again.kind != r.kind ||
		again.hard != r.hard || again.keep != r.keep)
		abort();
	return 0;
}
