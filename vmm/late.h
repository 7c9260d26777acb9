/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * late.h - a library that is loaded when it is first called, for what few commands need: linked as libraries are,
 * it is loaded into every run, with what it brings along (libudev, libm, libz...), and that is time and memory.
 *
 * A file that has this defines each function that thole calls, by its own name, and that calls the library's:
 *
 *	LATE_FIRST("libx.so.1", struct x *, x_new, (int size), (size))	NULL where there is no library
 *	LATE("libx.so.1", int, x_do, (struct x *x), (x))
 *
 * A use begins with one of the first kind; the others may count on the library. Whoever calls another function
 * adds it, or the program is linked with the library again.
 *
 * Threads: any. Owns: nothing; a library stays until the process ends (the dynamic linker counts, and gives the
 * same again). Errors: ELIBACC in errno where LATE_FIRST() gives NULL.
 */
#ifndef VMM_LATE_H
#define VMM_LATE_H

#include <dlfcn.h>
#include <errno.h>

static inline void *late_function(const char *file, const char *name)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		errno = ELIBACC;
	return library ? dlsym(library, name) : NULL;
}

#define LATE_FIRST(file, result, name, parameters, arguments) \
	result name parameters \
	{ \
		__typeof__(&name) late = (__typeof__(&name))late_function(file, #name); \
\
		return late ? late arguments : NULL; \
	}

#define LATE(file, result, name, parameters, arguments) \
	result name parameters \
	{ \
		static __typeof__(&name) late; \
\
		if (!late) \
			late = (__typeof__(&name))late_function(file, #name); \
		return late arguments; \
	}

#endif
