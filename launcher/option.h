/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option.h - the one table of options, and what can be done with a row of it.
 *
 * A row drives the file's key, --NAME on the command line, --help, --dump-config, the manual pages
 * and the shell's completion. To add an option: a field in struct run_config, a row in option.c.
 * To add a kind of value: an option_type, in option_type.c or option_place.c.
 *
 * Threads: the table is const; a config is filled by one thread. Errors: negative errno, with the
 * reason in a complaint, for the caller, who knows the file and the line, to report.
 */
#ifndef LAUNCHER_OPTION_H
#define LAUNCHER_OPTION_H

#include <stdio.h>

#include "launcher/config.h"

/* Why a value was refused: what is wrong and what to write instead, without the option's name. */
struct complaint {
	char text[256];
};

/* Fill the complaint and return -EINVAL. */
int complain(struct complaint *why, const char *fmt, ...) printf_like(2, 3);

struct option_row;

/* What a bare word in a file may be, beside a string. */
enum option_bare { BARE_NOTHING, BARE_NUMBER, BARE_BOOL };

/*
 * A kind of value. field points to the option's member of the config. What print() writes, parse()
 * reads back to the same value.
 */
struct option_type {
	const char *kind; /* one word, for programs that read the table */
	const char *form; /* what is expected, with an example: "a size such as 64G" */
	enum option_bare bare;
	bool list; /* given again, it adds rather than replaces */

	/* Replace the value; a list's: append to it. On failure the field is as before. */
	int (*parse)(const struct option_row *o, const char *text, void *field,
		struct complaint *why);
	uint32_t (*count)(const void *field); /* elements; 0 or 1 if no list, 0 for not given */
	void (*print)(const struct option_row *o, const void *field, uint32_t i, FILE *out);
	void (*fini)(void *field); /* leaves an empty value */
};

enum option_group { GROUP_START, GROUP_MACHINE, GROUP_PLACE, GROUP_QUIET, GROUP_RUN, GROUP_EXEC, GROUP_TELL, GROUPS };

struct option_row {
	const char *name;
	const struct option_type *type;
	size_t at; /* offset in struct run_config */
	enum option_group group;
	char letter;      /* short option; 0: none */
	uint64_t min, max; /* numbers and sizes, inclusive; max 0: whatever the type holds */
	uint64_t align;   /* sizes: a multiple of this; 0: any */
	const char *const *choice; /* NULL-terminated: the only values; an enum's, in its order */
	const char *def;  /* as text; NULL: not given */
	const char *arg;  /* the value's name in help; NULL: a switch */
	const char *help; /* one line, lower case, no full stop */
	const char *more; /* further sentences for the manual page; or NULL */
};

extern const struct option_row options[];
extern const uint32_t options_nr;
extern const char *const option_groups[GROUPS]; /* headings */

extern const struct option_type type_auto, type_bool, type_console, type_count, type_cpulist, type_cpus,
	type_devices, type_disks, type_duration, type_enum, type_list, type_name, type_nets, type_nodes, type_path, type_pins, type_port, type_ports,
	type_sched, type_shares, type_size, type_string, type_vsock;

/* NULL: no such option. */
const struct option_row *option_find(const char *name);

/* Set a value, in place of the one before, or append to a list. On failure c is as before. */
int option_set(struct run_config *c, const struct option_row *o, const char *text,
	struct complaint *why) must_check;

/* Forget what was given, and the default. */
void option_clear(struct run_config *c, const struct option_row *o);

uint32_t option_count(const struct run_config *c, const struct option_row *o);

/* The i'th of option_count() values, in the form that option_set() reads. The caller frees it.
 * NULL: out of memory. */
char *option_text(const struct run_config *c, const struct option_row *o, uint32_t i);

/* Helpers of the types: a whole number at *p, decimal or hexadecimal with 0x; *p moves past it. */
bool number_read(const char **p, uint64_t *number);

/* A size such as 64G. */
int size_read(const char *text, uint64_t *bytes, struct complaint *why) must_check;
void size_print(uint64_t bytes, FILE *out);

#endif
