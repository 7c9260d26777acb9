/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipi_host.c - module parameters, processor flags, and the IOMMUs' registers as sysfs has them.
 *
 * VT-d 4.1, 11.4.2: bit 59 of the capability register is posted interrupt support. AMD's IOMMU, 3.4.9: bit 7 of
 * the extended features is guest virtual APIC support.
 */
#include "ipi/ipi_host.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_POSTING (1ull << 59)
#define AMD_GA	    (1ull << 7)

static bool line_read(const char *root, const char *path, char *line, size_t size)
{
	char at[PATH_MAX];
	FILE *in;
	bool there;

	snprintf(at, sizeof(at), "%s/%s", root, path);
	in = fopen(at, "re");
	there = in && fgets(line, (int)size, in);
	if (in)
		fclose(in);
	return there;
}

static bool parameter(const char *root, const char *path)
{
	char line[16];

	return line_read(root, path, line, sizeof(line)) && (line[0] == 'Y' || line[0] == '1');
}

/* A word of the file, between spaces or at a line's end. */
static bool has_word(const char *root, const char *path, const char *word)
{
	char at[PATH_MAX], *line = NULL;
	size_t size = 0, len = strlen(word);
	bool found = false;
	FILE *in;

	snprintf(at, sizeof(at), "%s/%s", root, path);
	in = fopen(at, "re");
	while (in && !found && getline(&line, &size, in) > 0)
		for (const char *p = line; !found && (p = strstr(p, word)); p += len)
			found = (p == line || p[-1] == ' ' || p[-1] == '\t') && strchr(" \n", p[len]) != NULL;
	free(line);
	if (in)
		fclose(in);
	return found;
}

static DIR *iommus_open(const char *root)
{
	char at[PATH_MAX];

	snprintf(at, sizeof(at), "%s/sys/class/iommu", root);
	return opendir(at);
}

static bool iommus_there(const char *root)
{
	DIR *dir = iommus_open(root);
	const struct dirent *d;
	bool found = false;

	while (dir && !found && (d = readdir(dir)))
		found = d->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return found;
}

/* Do all IOMMUs have the bit? None does not. */
static bool iommus_have(const char *root, const char *file, uint64_t bit)
{
	char path[PATH_MAX], line[64];
	uint32_t nr = 0, able = 0;
	const struct dirent *d;
	DIR *dir = iommus_open(root);

	while (dir && (d = readdir(dir))) {
		if ((size_t)snprintf(path, sizeof(path), "sys/class/iommu/%s/%s", d->d_name, file) >= sizeof(path) ||
			!line_read(root, path, line, sizeof(line)))
			continue;
		nr++;
		able += (strtoull(line, NULL, 16) & bit) != 0;
	}
	if (dir)
		closedir(dir);
	return nr && nr == able;
}

/* A remapped interrupt's controller is called "IR-...". The whole file is read if none is: 11 MiB on a large host. */
static bool remaps(const char *root)
{
	char at[PATH_MAX], *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *in;

	snprintf(at, sizeof(at), "%s/proc/interrupts", root);
	in = fopen(at, "re");
	while (in && !found && getline(&line, &size, in) > 0)
		found = strstr(line, " IR-") != NULL;
	free(line);
	if (in)
		fclose(in);
	return found;
}

void ipi_host_read(struct ipi_host *h, const char *root)
{
	bool iommus = iommus_there(root);

	*h = (struct ipi_host){
		.apicv = parameter(root, "sys/module/kvm_intel/parameters/enable_apicv"),
		.avic = parameter(root, "sys/module/kvm_amd/parameters/avic"),
		.remapping = iommus && remaps(root),
		.device_posting = iommus && (iommus_have(root, "intel-iommu/cap", CAP_POSTING) ||
						    iommus_have(root, "amd-iommu/features", AMD_GA)),
	};
	h->ipiv = h->apicv && parameter(root, "sys/module/kvm_intel/parameters/enable_ipiv");
	h->x2avic = h->avic && has_word(root, "proc/cpuinfo", "x2avic");
}
