/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest-report.h - what machine a test guest finds itself in, as it says it: CPUs, nodes, clock. For guest-init.c alone,
 * which is built from one file.
 */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MAX_NUMBER 4096 /* CPUs, nodes */

/* A line at once, so that nothing gets between its parts. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	char line[2048] = "GUEST: ";
	size_t size = strlen(line), done = 0;
	va_list args;
	ssize_t n;

	va_start(args, format);
	vsnprintf(line + size, sizeof(line) - size - 1, format, args);
	va_end(args);
	size = strlen(line);
	line[size++] = '\n';
	while (done < size) {
		n = write(STDOUT_FILENO, line + done, size - done);
		if (n < 0 && errno != EINTR)
			return;
		done += n > 0 ? (size_t)n : 0;
	}
	tcdrain(STDOUT_FILENO);
}

/* The first line of a small file into buf, without spaces at its end; "?" when there is none. */
static const char *file_line(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static const char *file_line(char *buf, size_t size, const char *format, ...)
{
	char path[256];
	va_list args;
	size_t n;
	FILE *in;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	in = fopen(path, "re");
	if (!in || !fgets(buf, (int)size, in))
		snprintf(buf, size, "?");
	if (in)
		fclose(in);
	for (n = strlen(buf); n && strchr(" \n", buf[n - 1]); n--)
		buf[n - 1] = '\0';
	return buf;
}

/* The number behind `key` in a file of "key: number" lines; -1 when it is not there. */
static long file_number(const char *path, const char *key)
{
	FILE *in = fopen(path, "re");
	char line[512];
	const char *at;
	long found = -1;

	if (!in)
		return -1;
	while (found < 0 && fgets(line, sizeof(line), in)) {
		at = strstr(line, key);
		if (at)
			found = strtol(at + strlen(key), NULL, 10);
	}
	fclose(in);
	return found;
}

/* The apicid of each CPU from /proc/cpuinfo, -1 where it is not given. */
static void read_apicids(long apicids[MAX_NUMBER])
{
	FILE *in = fopen("/proc/cpuinfo", "re");
	char line[4096];
	long cpu = -1, i;

	for (i = 0; i < MAX_NUMBER; i++)
		apicids[i] = -1;
	while (in && fgets(line, sizeof(line), in)) {
		const char *value = strchr(line, ':');

		if (!value)
			continue;
		if (strncmp(line, "processor", 9) == 0)
			cpu = strtol(value + 1, NULL, 10);
		else if (strncmp(line, "apicid", 6) == 0 && cpu >= 0 && cpu < MAX_NUMBER)
			apicids[cpu] = strtol(value + 1, NULL, 10);
	}
	if (in)
		fclose(in);
}

/* The node whose directory links to the CPU; -1 without NUMA. */
static int cpu_node(int cpu)
{
	char path[128];
	int node;

	for (node = 0; node < MAX_NUMBER; node++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/node%d", cpu, node);
		if (access(path, F_OK) == 0)
			return node;
	}
	return -1;
}

static void report_cpus(void)
{
	static long apicids[MAX_NUMBER];
	char package[32], die[32], core[32], siblings[128];
	const char *dir = "/sys/devices/system/cpu";
	int cpu;

	read_apicids(apicids);
	for (cpu = 0; cpu < MAX_NUMBER; cpu++) {
		if (apicids[cpu] < 0)
			continue;
		file_line(package, sizeof(package), "%s/cpu%d/topology/physical_package_id", dir,
			cpu);
		file_line(die, sizeof(die), "%s/cpu%d/topology/die_id", dir, cpu);
		file_line(core, sizeof(core), "%s/cpu%d/topology/core_id", dir, cpu);
		file_line(siblings, sizeof(siblings), "%s/cpu%d/topology/thread_siblings_list", dir,
			cpu);
		say("cpu %d apicid=%ld package=%s die=%s core=%s siblings=%s node=%d", cpu,
			apicids[cpu], package, die, core, siblings, cpu_node(cpu));
	}
}

static int report_nodes(bool count_only)
{
	char path[128], cpus[256], distances[1024];
	const char *dir = "/sys/devices/system/node";
	int node, count = 0;

	for (node = 0; node < MAX_NUMBER; node++) {
		snprintf(path, sizeof(path), "%s/node%d/meminfo", dir, node);
		if (access(path, R_OK) < 0)
			continue;
		count++;
		if (count_only)
			continue;
		file_line(cpus, sizeof(cpus), "%s/node%d/cpulist", dir, node);
		file_line(distances, sizeof(distances), "%s/node%d/distance", dir, node);
		say("node %d cpus=%s mem_kib=%ld distances=%s", node, cpus,
			file_number(path, "MemTotal:"), distances);
	}
	return count;
}

static void report_machine(void)
{
	char clock[64], clocks[128];
	const char *dir = "/sys/devices/system/clocksource/clocksource0";
	struct utsname name = { 0 };

	uname(&name);
	say("hello kernel=%s cpus_online=%ld mem_kib=%ld nodes=%d", name.release,
		sysconf(_SC_NPROCESSORS_ONLN), file_number("/proc/meminfo", "MemTotal:"),
		report_nodes(true));
	report_cpus();
	report_nodes(false);
	say("clocksource %s available=%s",
		file_line(clock, sizeof(clock), "%s/current_clocksource", dir),
		file_line(clocks, sizeof(clocks), "%s/available_clocksource", dir));
}

#endif
