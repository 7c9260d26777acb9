/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest-passed.c - works a device that was handed over, in a test guest or on its host; guest-init's order exec= runs it.
 *
 *	guest-passed write DISK MIB SEED	fill that much of a disk, in blocks of random order, several at a time,
 *						then read it back in another order and compare
 *	guest-passed verify DISK MIB SEED	only the latter
 *	guest-passed reads DISK COUNT WORKERS SECONDS
 *						4 KiB each, at random places, and how long that takes, again for each
 *						line of input, until one is "quit": in between its host looks at its
 *						counters. When it takes longer than SECONDS: how far it came, and what
 *						the kernel says, and that is the end
 *	guest-passed ping INTERFACE ADDRESS PEER COUNT
 *	guest-passed config VENDOR DEVICE	a function's configuration space, as lspci -F reads it, each line behind
 *						"CONFIG VENDOR:DEVICE ", and its resources, behind "RESOURCE ..."
 *	guest-passed rom VENDOR DEVICE		turn its ROM on and read it: how long it is, and a sum of it
 *	guest-passed registers ADDRESS		the first three words behind a function's BAR 0, which no driver has
 *	guest-passed peer VENDOR DEVICE VENDOR DEVICE
 *						have QEMU's "edu" write the memory behind the BAR 2 of another function,
 *						and read it, and look there; neither has a driver
 *	guest-passed memory VENDOR DEVICE	a sum of that memory
 *
 * Static, and says one line "PASSED: ..." or "FAILED: ...".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK	(128u << 10)
#define WORKERS 4u

static int failed(const char *what)
{
	printf("FAILED: %s: %s\n", what, strerror(errno));
	return 1;
}

static void pattern(uint64_t *words, size_t bytes, uint64_t block, uint64_t seed)
{
	uint64_t v = (block + 1) * 0x9e3779b97f4a7c15u ^ seed;

	for (unsigned i = 0; i < bytes / 8; i++) {
		v ^= v << 13;
		v ^= v >> 7;
		v ^= v << 17;
		words[i] = v;
	}
}

/* One worker's share of the blocks, in an order that a step which shares no divisor with their number gives. */
static int blocks_do(const char *disk, uint64_t blocks, uint64_t seed, unsigned worker, int write_it)
{
	int fd = open(disk, (write_it ? O_RDWR : O_RDONLY) | O_DIRECT | O_CLOEXEC);
	uint64_t *want, *got, step = write_it ? 7919 : 104729;

	if (fd < 0 || posix_memalign((void **)&want, 4096, BLOCK) || posix_memalign((void **)&got, 4096, BLOCK))
		return failed(disk);
	while (blocks % step == 0)
		step += 2;
	for (uint64_t i = worker; i < blocks; i += WORKERS) {
		uint64_t block = i * step % blocks;

		pattern(want, BLOCK, block, seed);
		if (write_it && pwrite(fd, want, BLOCK, (off_t)(block * BLOCK)) != BLOCK)
			return failed("write");
		if (write_it)
			continue;
		if (pread(fd, got, BLOCK, (off_t)(block * BLOCK)) != BLOCK)
			return failed("read");
		if (memcmp(want, got, BLOCK) != 0) {
			errno = EILSEQ;
			return failed("what is read is not what was written");
		}
	}
	return write_it && fsync(fd) < 0 ? failed("flush") : 0;
}

static int all_do(const char *disk, uint64_t blocks, uint64_t seed, int write_it)
{
	int status, bad = 0;

	fflush(stdout);
	for (unsigned worker = 0; worker < WORKERS; worker++)
		if (fork() == 0) {
			status = blocks_do(disk, blocks, seed, worker, write_it);
			fflush(stdout);
			_exit(status);
		}
	while (wait(&status) > 0)
		bad |= status;
	return bad != 0;
}

static int disk(const char *how, const char *name, uint64_t mib, uint64_t seed)
{
	char path[64];
	uint64_t blocks = (mib << 20) / BLOCK;

	snprintf(path, sizeof(path), "/dev/%s", name);
	for (int tries = 0; access(path, F_OK) != 0 && tries < 300; tries++)
		usleep(100000);
	if (strcmp(how, "write") == 0 && all_do(path, blocks, seed, 1))
		return 1;
	if (all_do(path, blocks, seed, 0))
		return 1;
	printf("PASSED: %s %s %llu MiB\n", how, name, (unsigned long long)mib);
	return 0;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The lower bits of a linear congruential generator are poor: places are its upper ones. */
static int reads_do(const char *path, uint64_t count, uint64_t seed, volatile uint64_t *done)
{
	int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	off_t pages = fd < 0 ? 0 : lseek(fd, 0, SEEK_END) / 4096;
	void *page;

	if (pages <= 0 || posix_memalign(&page, 4096, 4096))
		return failed(path);
	for (uint64_t v = seed; *done < count; ++*done) {
		v = v * 6364136223846793005u + 1442695040888963407u;
		if (pread(fd, page, 4096, (off_t)((v >> 33) % (uint64_t)pages) * 4096) != 4096)
			return failed("read");
	}
	return 0;
}

/* The kernel's rows about drives: a time-out that is followed by "completion polled" is a lost interrupt. */
static void rows_say(const char *text, size_t size)
{
	for (const char *row = text, *end; row < text + size; row = end + 1) {
		end = memchr(row, '\n', (size_t)(text + size - row));
		if (!end)
			return;
		if (memmem(row, (size_t)(end - row), "nvme", 4) || memmem(row, (size_t)(end - row), "DMAR", 4))
			printf("READS | %.*s\n", (int)(end - row), row);
	}
}

static void last_words(void)
{
	static char text[256 << 10];
	int n = klogctl(3, text, sizeof(text)); /* SYSLOG_ACTION_READ_ALL */
	FILE *f;

	rows_say(text, n > 0 ? (size_t)n : 0);
	f = fopen("/proc/interrupts", "re");
	if (f) {
		rows_say(text, fread(text, 1, sizeof(text), f));
		fclose(f);
	}
}

static void time_is_up(int sig)
{
	(void)sig;
}

/* Await the workers, but not for ever, and without a timer that would wake an idle CPU meanwhile: that hides interrupts
 * that are lost. Returns how many are not done; what they ended with is in *bad. */
static unsigned workers_await(unsigned workers, unsigned limit_s, int *bad)
{
	const struct sigaction once = { .sa_handler = time_is_up };
	int status;

	sigaction(SIGALRM, &once, NULL);
	alarm(limit_s);
	for (; workers && wait(&status) > 0; workers--)
		*bad |= status;
	alarm(0);
	return workers;
}

/* Each turn reads at other places. */
static int reads_turn(const char *path, uint64_t count, unsigned workers, unsigned limit_s, uint64_t turn)
{
	static volatile uint64_t *done;
	uint64_t sum = 0;
	unsigned stuck;
	double from;
	int bad = 0;

	if (!done)
		done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset((void *)(uintptr_t)done, 0, 4096);
	from = now_s();
	/* Each counts on a cache line of its own. */
	for (unsigned worker = 0; worker < workers; worker++)
		if (fork() == 0)
			_exit(reads_do(path, count / workers, turn * workers + worker + 1, &done[worker * 8]));
	stuck = workers_await(workers, limit_s, &bad);
	for (unsigned worker = 0; worker < workers; worker++)
		sum += done[worker * 8];
	if (stuck || bad)
		last_words();
	if (stuck)
		printf("READS stuck: %llu of %llu in %u s\n", (unsigned long long)sum, (unsigned long long)count, limit_s);
	else if (bad)
		puts("READS failed");
	else
		printf("READS %llu in %.6f s\n", (unsigned long long)sum, now_s() - from);
	fflush(stdout);
	return bad != 0 || stuck;
}

static int reads(const char *name, uint64_t count, unsigned workers, unsigned limit_s)
{
	char path[64], line[16];
	int err = 0;

	snprintf(path, sizeof(path), "/dev/%s", name);
	for (int tries = 0; access(path, F_OK) != 0 && tries < 300; tries++)
		usleep(100000);
	puts("READS ready");
	fflush(stdout);
	for (uint64_t turn = 0; !err && fgets(line, sizeof(line), stdin) && strcmp(line, "quit\n") != 0; turn++)
		err = reads_turn(path, count, workers, limit_s, turn);
	return err;
}

static int interface_up(const char *name, const char *address)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { 0 };
	struct sockaddr_in *a = (struct sockaddr_in *)&r.ifr_addr;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	for (int tries = 0; ioctl(s, SIOCGIFINDEX, &r) < 0 && tries < 300; tries++)
		usleep(100000);
	memset(a, 0, sizeof(*a));
	a->sin_family = AF_INET;
	inet_pton(AF_INET, address, &a->sin_addr);
	if (ioctl(s, SIOCSIFADDR, &r) < 0)
		return -1;
	inet_pton(AF_INET, "255.255.255.0", &a->sin_addr);
	if (ioctl(s, SIOCSIFNETMASK, &r) < 0 || ioctl(s, SIOCGIFFLAGS, &r) < 0)
		return -1;
	r.ifr_flags |= IFF_UP;
	return ioctl(s, SIOCSIFFLAGS, &r);
}

static uint16_t checksum(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)(p[i] | p[i + 1] << 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void payload(uint8_t *data, size_t size, unsigned sequence)
{
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 7 + sequence);
}

/* Echo requests with a payload that has to come back, sooner or later. */
static int ping(const char *name, const char *address, const char *peer, unsigned count)
{
	struct {
		struct icmphdr head;
		uint8_t data[1024];
	} sent = { .head.type = ICMP_ECHO }, *back;
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval patience = { 1, 0 };
	uint8_t packet[2048];
	unsigned same = 0, tries = 0;
	int s = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (s < 0 || interface_up(name, address) < 0)
		return failed(name);
	inet_pton(AF_INET, peer, &to.sin_addr);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (same < count && tries++ < count + 60) {
		ssize_t n;

		sent.head.un.echo.sequence = htons((uint16_t)tries);
		payload(sent.data, sizeof(sent.data), tries);
		sent.head.checksum = 0;
		sent.head.checksum = checksum(&sent, sizeof(sent));
		if (sendto(s, &sent, sizeof(sent), 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
			usleep(500000); /* no link yet */
			continue;
		}
		n = recv(s, packet, sizeof(packet), 0);
		back = (void *)(packet + 20);
		if (n != 20 + (ssize_t)sizeof(sent) || back->head.type != ICMP_ECHOREPLY)
			continue;
		payload(sent.data, sizeof(sent.data), ntohs(back->head.un.echo.sequence));
		same += memcmp(back->data, sent.data, sizeof(sent.data)) == 0;
	}
	printf("%s: ping %s %u of %u\n", same >= count ? "PASSED" : "FAILED", name, same, count);
	return same < count;
}

static int config_open(const char *dir)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/config", dir);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The first function with these numbers: its directory in sysfs. False: there is none. */
static bool function_find(const char *vendor, const char *device, char dir[static 64])
{
	const char *all = "/sys/bus/pci/devices";
	unsigned long want = strtoul(vendor, NULL, 16) << 16 | strtoul(device, NULL, 16);
	struct dirent *entry;
	DIR *d = opendir(all);
	bool found = false;

	while (!found && d && (entry = readdir(d))) {
		uint16_t ids[2] = { 0 };
		int fd;

		snprintf(dir, 64, "%s/%.20s", all, entry->d_name);
		fd = entry->d_name[0] == '.' ? -1 : config_open(dir);
		found = fd >= 0 && read(fd, ids, sizeof(ids)) == sizeof(ids) &&
			((unsigned long)ids[0] << 16 | ids[1]) == want;
		if (fd >= 0)
			close(fd);
	}
	if (d)
		closedir(d);
	return found;
}

static int config(const char *vendor, const char *device)
{
	uint8_t bytes[4096];
	char dir[64], line[128];
	ssize_t size;
	FILE *in;
	int fd;

	if (!function_find(vendor, device, dir)) {
		errno = ENODEV;
		return failed(device);
	}
	fd = config_open(dir);
	size = read(fd, bytes, sizeof(bytes));
	close(fd);
	/* lspci wants an address before the rows. */
	printf("CONFIG %s:%s %s function\n", vendor, device, strrchr(dir, '/') + 1);
	for (ssize_t at = 0; at + 16 <= size; at += 16) {
		printf("CONFIG %s:%s %02zx:", vendor, device, (size_t)at);
		for (unsigned i = 0; i < 16; i++)
			printf(" %02x", bytes[at + i]);
		putchar('\n');
	}
	snprintf(line, sizeof(line), "%s/resource", dir);
	in = fopen(line, "re");
	if (!in || size < 256)
		return failed(dir);
	while (fgets(line, sizeof(line), in))
		printf("RESOURCE %s:%s %s", vendor, device, line);
	fclose(in);
	return 0;
}

/* FNV-1a, 64 bits */
#define SUM_START 0xcbf29ce484222325u

static uint64_t sum_add(uint64_t sum, const volatile uint8_t *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		sum = (sum ^ p[i]) * 0x100000001b3u;
	return sum;
}

static int rom(const char *vendor, const char *device)
{
	uint64_t sum = SUM_START, bytes = 0;
	uint8_t part[4096];
	char dir[64], path[80];
	ssize_t n;
	int fd;

	if (!function_find(vendor, device, dir)) {
		errno = ENODEV;
		return failed(device);
	}
	snprintf(path, sizeof(path), "%s/rom", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		return failed(path);
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, part, sizeof(part))) > 0) {
		sum = sum_add(sum, part, (size_t)n);
		bytes += (uint64_t)n;
	}
	if (n < 0 || pwrite(fd, "0", 1, 0) != 1)
		return failed(path);
	close(fd);
	printf("PASSED: rom %s:%s of %llu bytes, sum %016llx\n", vendor, device, (unsigned long long)bytes,
		(unsigned long long)sum);
	return 0;
}

static int registers(const char *address)
{
	char path[80];
	volatile uint32_t *words;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.20s/resource0", address);
	fd = open(path, O_RDWR | O_CLOEXEC);
	words = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (words == MAP_FAILED)
		return failed(path);
	printf("PASSED: registers %08x %08x %08x\n", words[0], words[1], words[2]);
	return 0;
}

struct bar {
	volatile uint8_t *at;
	uint64_t address, size; /* on its bus */
};

/* BAR number `bar` of a function that no driver has, turned on. */
static int bar_map(const char *vendor, const char *device, unsigned bar, struct bar *b)
{
	unsigned long long first = 0, last = 0;
	char dir[64], path[80], line[80];
	uint16_t command;
	FILE *in;
	int fd;

	errno = ENODEV;
	if (!function_find(vendor, device, dir))
		return failed(device);
	snprintf(path, sizeof(path), "%s/resource", dir);
	in = fopen(path, "re");
	for (unsigned i = 0; in && i <= bar && fgets(line, sizeof(line), in); i++)
		sscanf(line, "%llx %llx", &first, &last);
	if (in)
		fclose(in);
	snprintf(path, sizeof(path), "%s/config", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, &command, sizeof(command), 4) != sizeof(command))
		return failed(path);
	command |= 6; /* memory and mastering */
	if (pwrite(fd, &command, sizeof(command), 4) != sizeof(command))
		return failed(path);
	close(fd);
	snprintf(path, sizeof(path), "%s/resource%u", dir, bar);
	fd = open(path, O_RDWR | O_CLOEXEC);
	b->address = first;
	b->size = last - first + 1;
	b->at = fd < 0 ? MAP_FAILED : mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return b->at == MAP_FAILED ? failed(path) : 0;
}

/* docs/specs/edu.rst of QEMU. Its buffer takes what comes, then gives it: it knows no way from address to address. */
#define EDU_BUFFER 0x40000
#define EDU_BYTES  4096u

static void edu_go(const struct bar *edu, uint64_t from, uint64_t to, uint64_t command)
{
	*(volatile uint64_t *)(edu->at + 0x80) = from;
	*(volatile uint64_t *)(edu->at + 0x88) = to;
	*(volatile uint64_t *)(edu->at + 0x90) = EDU_BYTES;
	*(volatile uint64_t *)(edu->at + 0x98) = command;
	while (*(volatile uint64_t *)(edu->at + 0x98) & 1)
		;
}

static void edu_copy(const struct bar *edu, uint64_t to, uint64_t from)
{
	edu_go(edu, from, EDU_BUFFER, 1);
	edu_go(edu, EDU_BUFFER, to, 3);
}

/* proc_pid_pagemap(5) */
static uint64_t physical(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / 4096 * 8)) != sizeof(entry))
		entry = 0;
	if (fd >= 0)
		close(fd);
	return (entry & ((1ull << 55) - 1)) * 4096;
}

static bool is_same(const volatile uint8_t *at, const uint64_t *want)
{
	return sum_add(SUM_START, at, EDU_BYTES) == sum_add(SUM_START, (const uint8_t *)want, EDU_BYTES);
}

/* A page of the memory at `offset`: written by a processor and read by the device, then the other way round. */
static bool peer_page(const struct bar *edu, const struct bar *memory, uint64_t offset, uint64_t *page)
{
	uint64_t want[EDU_BYTES / 8];

	pattern(want, EDU_BYTES, offset, 1);
	for (unsigned i = 0; i < EDU_BYTES / 8; i++)
		((volatile uint64_t *)(memory->at + offset))[i] = want[i];
	memset(page, 0, EDU_BYTES);
	edu_copy(edu, physical(page), memory->address + offset);
	if (!is_same((uint8_t *)page, want))
		return false;
	pattern(page, EDU_BYTES, offset, 2);
	edu_copy(edu, memory->address + offset, physical(page));
	return is_same(memory->at + offset, page);
}

static int memory_say(const char *how, const struct bar *memory)
{
	printf("PASSED: %s of %llu bytes at %#llx, sum %016llx\n", how, (unsigned long long)memory->size,
		(unsigned long long)memory->address, (unsigned long long)sum_add(SUM_START, memory->at, memory->size));
	return 0;
}

static int peer(char **names)
{
	uint64_t *page = mmap(NULL, EDU_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	struct bar edu, memory;

	if (bar_map(names[0], names[1], 0, &edu) || bar_map(names[2], names[3], 2, &memory))
		return 1;
	if (page == MAP_FAILED || !physical(page))
		return failed("a page");
	errno = EILSEQ;
	if (!peer_page(&edu, &memory, 0, page) || !peer_page(&edu, &memory, memory.size / 2 + 4096, page) ||
		!peer_page(&edu, &memory, memory.size - EDU_BYTES, page))
		return failed("what is read is not what was written");
	return memory_say("peer 3 places", &memory);
}

static int memory(const char *vendor, const char *device)
{
	struct bar b;

	return bar_map(vendor, device, 2, &b) ? 1 : memory_say("memory", &b);
}

int main(int argc, char **argv)
{
	if (argc == 5 && (strcmp(argv[1], "write") == 0 || strcmp(argv[1], "verify") == 0))
		return disk(argv[1], argv[2], strtoull(argv[3], NULL, 0), strtoull(argv[4], NULL, 0));
	if (argc == 6 && strcmp(argv[1], "ping") == 0)
		return ping(argv[2], argv[3], argv[4], (unsigned)strtoul(argv[5], NULL, 0));
	if (argc == 6 && strcmp(argv[1], "reads") == 0)
		return reads(argv[2], strtoull(argv[3], NULL, 0), (unsigned)strtoul(argv[4], NULL, 0),
			(unsigned)strtoul(argv[5], NULL, 0));
	if (argc == 4 && strcmp(argv[1], "config") == 0)
		return config(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "registers") == 0)
		return registers(argv[2]);
	if (argc == 6 && strcmp(argv[1], "peer") == 0)
		return peer(argv + 2);
	if (argc == 4 && strcmp(argv[1], "memory") == 0)
		return memory(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "rom") == 0)
		return rom(argv[2], argv[3]);
	fputs("usage: see guest-passed.c\n", stderr);
	return 2;
}
