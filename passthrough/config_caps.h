/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_caps.h - the tables of capabilities: what becomes of each, and why.
 *
 * Pure; any thread.
 */
#ifndef PASSTHROUGH_CONFIG_CAPS_H
#define PASSTHROUGH_CONFIG_CAPS_H

#include "vmm/util.h"

enum cap_fate { CAP_HIDDEN, CAP_READ, CAP_PASSED, CAP_EMULATED };

struct cap_rule {
	uint16_t id;
	enum cap_fate fate;
	uint16_t size; /* in bytes; 0: its own header says */
	const char *name;
	const char *why;
};

/* Never NULL: what is not in the table is hidden. */
const struct cap_rule *cap_rule(uint8_t id);
const struct cap_rule *cap_rule_extended(uint16_t id);

#endif
