/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * talk.c - two ends of a network, for guests in the lab and for whoever talks to them: a server that serves
 * anything, and clients that say whether what came was what was sent.
 *
 *	gcc -static -Os -o talk talk.c
 *
 *	talk up INTERFACE ADDRESS/BITS [MTU]	give it an address and turn it on
 *	talk about INTERFACE			"about eth0 mac=... mtu=... queues=2/2"
 *	talk queues INTERFACE N			use so many pairs of queues
 *	talk ping ADDRESS COUNT BYTES		not to be cut into pieces on the way
 *	talk serve WHERE			for ever, any number of clients
 *	talk echo WHERE BYTES			there and back
 *	talk send WHERE BYTES [CLIENTS]		there; the server says whether it is the same
 *	talk fetch WHERE BYTES [CLIENTS]	back
 *	talk rounds WHERE COUNT BYTES		a message there and one back, COUNT times
 *	talk put FILE WORD			write a word to a file
 *	talk cat FILE
 *	talk shell				commands by standard input, one a line; with " &" at its end
 *						it isn't waited for; "quit" ends it
 *
 * WHERE is tcp:ADDRESS:PORT or vsock:CID:PORT, for a server tcp:0.0.0.0:PORT or vsock:any:PORT. Every command
 * prints one line, "TALK: ...", and ends with 0 if all was well. Clients wait for their server for a while.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 60 /* for a server that is not there yet, and for an answer */

/* One write for a line, so that those of several processes don't mix. Returns an exit code. */
static int say(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int say(bool good, const char *format, ...)
{
	char line[512] = "TALK: ";
	size_t size = strlen(line);
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line + size, sizeof(line) - size - 1, format, args);
	va_end(args);
	size += n > 0 ? (size_t)n : 0;
	line[size++] = '\n';
	if (write(STDOUT_FILENO, line, size) < 0)
		return 2;
	return good ? 0 : 1;
}

static int failed(const char *what)
{
	return say(false, "%s failed: %s", what, strerror(errno));
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Interfaces */

static int ifr_call(unsigned long request, const char *name, struct ifreq *r)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	snprintf(r->ifr_name, sizeof(r->ifr_name), "%s", name);
	result = ioctl(fd, request, r);
	close(fd);
	return result;
}

static int interface_up(const char *name, const char *address, const char *mtu)
{
	char text[64];
	const char *bits = strchr(address, '/');
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct ifreq r = { 0 };

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(address, "/"), address);
	if (!bits || inet_pton(AF_INET, text, &in.sin_addr) != 1)
		return say(false, "%s is no address with a length", address);
	if (mtu) {
		r.ifr_mtu = atoi(mtu);
		if (ifr_call(SIOCSIFMTU, name, &r) < 0)
			return failed("setting the MTU");
	}
	memcpy(&r.ifr_addr, &in, sizeof(in));
	if (ifr_call(SIOCSIFADDR, name, &r) < 0)
		return failed("setting the address");
	in.sin_addr.s_addr = htonl(~0u << (32 - atoi(bits + 1)));
	memcpy(&r.ifr_netmask, &in, sizeof(in));
	if (ifr_call(SIOCSIFNETMASK, name, &r) < 0)
		return failed("setting the length");
	if (ifr_call(SIOCGIFFLAGS, name, &r) < 0)
		return failed("reading the flags");
	r.ifr_flags |= IFF_UP;
	if (ifr_call(SIOCSIFFLAGS, name, &r) < 0)
		return failed("turning it on");
	return say(true, "up %s %s", name, address);
}

static int queues_call(const char *name, struct ethtool_channels *c)
{
	struct ifreq r = { .ifr_data = (void *)c };

	return ifr_call(SIOCETHTOOL, name, &r);
}

static int interface_about(const char *name)
{
	struct ethtool_channels c = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq mac = { 0 }, mtu = { 0 };
	const uint8_t *m = (uint8_t *)mac.ifr_hwaddr.sa_data;

	if (ifr_call(SIOCGIFHWADDR, name, &mac) < 0 || ifr_call(SIOCGIFMTU, name, &mtu) < 0)
		return failed(name);
	(void)queues_call(name, &c);
	return say(true, "about %s mac=%02x:%02x:%02x:%02x:%02x:%02x mtu=%d queues=%u/%u", name, m[0], m[1], m[2],
		m[3], m[4], m[5], mtu.ifr_mtu, c.combined_count, c.max_combined);
}

static int interface_queues(const char *name, const char *number)
{
	struct ethtool_channels c = { .cmd = ETHTOOL_GCHANNELS };

	if (queues_call(name, &c) < 0)
		return failed("reading the queues");
	c.cmd = ETHTOOL_SCHANNELS;
	c.combined_count = (uint32_t)atoi(number);
	if (queues_call(name, &c) < 0)
		return failed("setting the queues");
	return say(true, "queues %s %s", name, number);
}

static uint16_t icmp_sum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* One echo; false if it doesn't come back whole. */
static bool ping_once(int fd, const struct sockaddr_in *to, uint16_t sequence, size_t bytes)
{
	static uint8_t out[65536], in[65536];
	struct icmphdr *h = (void *)out;
	double until = now_s() + PATIENCE_S;

	memset(out, 0, sizeof(*h));
	for (size_t i = sizeof(*h); i < sizeof(*h) + bytes; i++)
		out[i] = (uint8_t)(i * 7 + sequence);
	h->type = ICMP_ECHO;
	h->un.echo.id = htons((uint16_t)getpid());
	h->un.echo.sequence = htons(sequence);
	h->checksum = icmp_sum(out, sizeof(*h) + bytes);
	/* Before the other end is up there may be no route to it. */
	while (sendto(fd, out, sizeof(*h) + bytes, 0, (const void *)to, sizeof(*to)) < 0) {
		if (now_s() > until || errno == EMSGSIZE)
			return false;
		usleep(100000);
	}
	for (;;) {
		ssize_t n = recv(fd, in, sizeof(in), 0);
		size_t head = n > 0 ? (size_t)(in[0] & 15) * 4 : 0;
		const struct icmphdr *r = (const void *)(in + head);

		if (n < 0)
			return false;
		if ((size_t)n == head + sizeof(*h) + bytes && r->type == ICMP_ECHOREPLY &&
			r->un.echo.id == h->un.echo.id && r->un.echo.sequence == h->un.echo.sequence)
			return memcmp(in + head + sizeof(*h), out + sizeof(*h), bytes) == 0;
	}
}

static int ping(const char *address, int count, size_t bytes)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	const struct timeval wait = { .tv_sec = 3 };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP), whole = IP_PMTUDISC_DO, got = 0;

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return failed("ping");
	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	/* The first may come before the other end is there. */
	for (int i = 0; got < count && i < count + 20; i++)
		got += ping_once(fd, &to, (uint16_t)i, bytes);
	return say(got == count, "ping %s %d of %d, %zu bytes", address, got, count, bytes);
}

static int put(const char *path, const char *word)
{
	FILE *out = fopen(path, "we");

	if (!out || fputs(word, out) < 0 || fclose(out) != 0)
		return failed(path);
	return say(true, "put %s", path);
}

static int cat(const char *path)
{
	FILE *in = fopen(path, "re");
	char line[1024];

	if (!in)
		return failed(path);
	while (fgets(line, sizeof(line), in))
		fputs(line, stdout);
	fclose(in);
	fflush(stdout);
	return say(true, "cat %s", path);
}

/* Streams */

union where {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_vm vm;
};

static socklen_t where_read(const char *text, union where *w)
{
	char kind[8] = "", address[64] = "";
	unsigned port = 0;

	memset(w, 0, sizeof(*w));
	if (sscanf(text, "%7[^:]:%63[^:]:%u", kind, address, &port) != 3)
		return 0;
	if (strcmp(kind, "tcp") == 0) {
		w->in.sin_family = AF_INET;
		w->in.sin_port = htons((uint16_t)port);
		return inet_pton(AF_INET, address, &w->in.sin_addr) == 1 ? sizeof(w->in) : 0;
	}
	w->vm.svm_family = AF_VSOCK;
	w->vm.svm_port = port;
	w->vm.svm_cid = strcmp(address, "any") == 0 ? VMADDR_CID_ANY : (unsigned)strtoul(address, NULL, 10);
	return sizeof(w->vm);
}

struct header {
	uint64_t mode; /* 'e', 's', 'f', 'r' */
	uint64_t bytes, count;
};

static bool write_all(int fd, const void *buf, size_t size)
{
	const char *p = buf;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

static bool read_all(int fd, void *buf, size_t size)
{
	char *p = buf;

	while (size) {
		ssize_t n = read(fd, p, size);

		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

#define CHUNK 65536u

/* What is at a place of the stream: no two places near each other are the same. */
static void pattern(uint64_t at, uint64_t buf[CHUNK / 8])
{
	for (uint64_t i = 0; i < CHUNK / 8; i++)
		buf[i] = (at / 8 + i) * 0x9e3779b97f4a7c15 ^ 0x5bd1e995;
}

static bool stream_send(int fd, uint64_t bytes)
{
	static uint64_t buf[CHUNK / 8];

	for (uint64_t at = 0; at < bytes; at += CHUNK) {
		pattern(at, buf);
		if (!write_all(fd, buf, bytes - at < CHUNK ? bytes - at : CHUNK))
			return false;
	}
	return true;
}

static bool stream_same(int fd, uint64_t bytes)
{
	static uint64_t want[CHUNK / 8], got[CHUNK / 8];

	for (uint64_t at = 0; at < bytes; at += CHUNK) {
		size_t here = bytes - at < CHUNK ? bytes - at : CHUNK;

		pattern(at, want);
		if (!read_all(fd, got, here) || memcmp(got, want, here) != 0)
			return false;
	}
	return true;
}

static void serve_one(int fd)
{
	static char buf[CHUNK];
	struct header h;
	uint64_t verdict;

	if (!read_all(fd, &h, sizeof(h)))
		return;
	switch (h.mode) {
	case 'e':
		for (uint64_t left = h.bytes; left;) {
			ssize_t n = read(fd, buf, left < sizeof(buf) ? left : sizeof(buf));

			if (n <= 0 || !write_all(fd, buf, (size_t)n))
				return;
			left -= (uint64_t)n;
		}
		break;
	case 's':
		verdict = stream_same(fd, h.bytes);
		(void)write_all(fd, &verdict, sizeof(verdict));
		break;
	case 'f': (void)stream_send(fd, h.bytes); break;
	case 'r':
		while (h.count-- && h.bytes <= sizeof(buf) && read_all(fd, buf, h.bytes) &&
			write_all(fd, buf, h.bytes))
			;
		break;
	default: break;
	}
	/* Until the client has gone, or what it has yet to read may be lost. */
	(void)read(fd, buf, 1);
}

static void no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int serve(const char *text)
{
	union where w;
	socklen_t size = where_read(text, &w);
	int fd = socket(w.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!size || fd < 0 || bind(fd, &w.any, size) < 0 || listen(fd, 64) < 0)
		return failed(text);
	signal(SIGCHLD, SIG_IGN);
	(void)say(true, "serve %s", text);
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client < 0)
			continue;
		if (fork() == 0) {
			if (w.any.sa_family == AF_INET)
				no_delay(client);
			serve_one(client);
			_exit(0);
		}
		close(client);
	}
}

/* Guests and servers come up when they do. */
static int client_open(const char *text, const struct header *h)
{
	const struct timeval wait = { .tv_sec = PATIENCE_S };
	double until = now_s() + PATIENCE_S;
	union where w;
	socklen_t size = where_read(text, &w);

	while (size && now_s() < until) {
		int fd = socket(w.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return -1;
		if (connect(fd, &w.any, size) == 0) {
			setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
			if (w.any.sa_family == AF_INET)
				no_delay(fd);
			if (write_all(fd, h, sizeof(*h)))
				return fd;
		}
		close(fd);
		usleep(100000);
	}
	return -1;
}

static bool client_echo(int fd, uint64_t bytes)
{
	bool same;

	if (fork() == 0)
		_exit(!stream_send(fd, bytes));
	same = stream_same(fd, bytes);
	wait(NULL);
	return same;
}

static bool client_one(const char *text, char mode, uint64_t bytes)
{
	const struct header h = { .mode = (uint64_t)mode, .bytes = bytes };
	int fd = client_open(text, &h);
	uint64_t verdict = 0;
	bool good = false;

	if (fd < 0)
		return false;
	if (mode == 'e')
		good = client_echo(fd, bytes);
	else if (mode == 's')
		good = stream_send(fd, bytes) && read_all(fd, &verdict, sizeof(verdict)) && verdict == 1;
	else
		good = stream_same(fd, bytes);
	close(fd);
	return good;
}

static int client(const char *text, const char *what, uint64_t bytes, int clients)
{
	double start = now_s();
	int bad = 0, status;

	for (int i = 1; i < clients; i++)
		if (fork() == 0)
			_exit(!client_one(text, what[0], bytes));
	bad += !client_one(text, what[0], bytes);
	while (wait(&status) > 0)
		bad += status != 0;
	return say(!bad, "%s %s %llu bytes, %d of %d same, %.6f s", what, text, (unsigned long long)bytes,
		clients - bad, clients, now_s() - start);
}

static int rounds(const char *text, uint64_t count, uint64_t bytes)
{
	static char buf[CHUNK];
	const struct header h = { .mode = 'r', .bytes = bytes, .count = count };
	int fd = bytes <= sizeof(buf) ? client_open(text, &h) : -1;
	double start = now_s();
	uint64_t done = 0;

	while (fd >= 0 && done < count && write_all(fd, buf, bytes) && read_all(fd, buf, bytes))
		done++;
	return say(fd >= 0 && done == count, "rounds %s %llu of %llu, %llu bytes, %.6f s", text,
		(unsigned long long)done, (unsigned long long)count, (unsigned long long)bytes, now_s() - start);
}

/* Commands */

static int run(int argc, char **argv);

static int shell(void)
{
	char line[1024], *words[16], *rest;

	(void)say(true, "shell");
	while (fgets(line, sizeof(line), stdin)) {
		int n = 0, status = 0;
		pid_t pid;

		for (char *w = strtok_r(line, " \r\n", &rest); w && n < 15; w = strtok_r(NULL, " \r\n", &rest))
			words[n++] = w;
		words[n] = NULL;
		if (!n)
			continue;
		if (strcmp(words[0], "quit") == 0)
			return 0;
		pid = fork();
		if (pid == 0) {
			if (strcmp(words[n - 1], "&") == 0)
				words[--n] = NULL;
			_exit(run(n, words));
		}
		if (strcmp(words[n - 1], "&") == 0)
			continue;
		waitpid(pid, &status, 0);
		if (status)
			(void)say(false, "not good: %s", words[0]);
	}
	return 0;
}

static int run(int argc, char **argv)
{
	const char *what = argc ? argv[0] : "";
	const char *a = argc > 1 ? argv[1] : "", *b = argc > 2 ? argv[2] : "0", *c = argc > 3 ? argv[3] : NULL;

	if (strcmp(what, "up") == 0)
		return interface_up(a, b, c);
	if (strcmp(what, "about") == 0)
		return interface_about(a);
	if (strcmp(what, "queues") == 0)
		return interface_queues(a, b);
	if (strcmp(what, "ping") == 0)
		return ping(a, atoi(b), c ? (size_t)atoi(c) : 56);
	if (strcmp(what, "cat") == 0)
		return cat(a);
	if (strcmp(what, "put") == 0)
		return put(a, b);
	if (strcmp(what, "serve") == 0)
		return serve(a);
	if (strcmp(what, "echo") == 0 || strcmp(what, "send") == 0 || strcmp(what, "fetch") == 0)
		return client(a, what, strtoull(b, NULL, 10), c ? atoi(c) : 1);
	if (strcmp(what, "rounds") == 0)
		return rounds(a, strtoull(b, NULL, 10), c ? strtoull(c, NULL, 10) : 1);
	if (strcmp(what, "shell") == 0)
		return shell();
	return say(false, "no command %s", what);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	return run(argc - 1, argv + 1);
}
