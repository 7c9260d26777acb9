/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.h - what a user asked for, as a value.
 *
 *   run_config_init()     every option's default
 *   run_config_read()     a file over that (config_file.h)
 *   option_set()          the command line over that (option.h)
 *   run_config_finish()   what follows from the rest; from here on nothing changes it
 *   run_config_check()    is there something to run? (`dump` and `plan` don't ask)
 *   run_config_fini()
 *
 * config_args.h does all of it from argv. Each field is described by one row in option.c; limits
 * that depend on the host are checked where the host is known.
 *
 * Threads: one fills it, then any may read. Ownership: the config owns all that it points to.
 * Errors: negative errno, reported.
 */
#ifndef LAUNCHER_CONFIG_H
#define LAUNCHER_CONFIG_H

#include "numa/request.h"
#include "vmm/cpulist.h"
#include "vmm/log.h"
#include "vmm/types.h"
#include "vmm/util.h"

struct config_strings {
	uint32_t nr;
	char **at; /* [nr] */
};

enum config_console_kind { CONFIG_CONSOLE_STDIO, CONFIG_CONSOLE_NONE, CONFIG_CONSOLE_FILE };

struct config_console {
	enum config_console_kind kind;
	char *path; /* FILE only */
};

enum config_console_device { CONFIG_CONSOLE_SERIAL, CONFIG_CONSOLE_VIRTIO };

enum config_port_kind { CONFIG_PORT_FILE, CONFIG_PORT_SOCKET, CONFIG_PORT_FD };

struct config_port {
	char *name;
	enum config_port_kind kind;
	char *path; /* FILE and SOCKET */
	int fd;     /* FD */
};

struct config_ports {
	uint32_t nr;
	struct config_port *at; /* [nr], names differ */
};

enum config_vsock_kind { CONFIG_VSOCK_NONE, CONFIG_VSOCK_AUTO, CONFIG_VSOCK_CID };

struct config_vsock {
	enum config_vsock_kind kind;
	uint32_t cid; /* CID only */
};

struct config_share {
	char *tag;
	char *path;
	char *at; /* where the guest's init mounts it; NULL: nowhere */
	bool ro;
};

struct config_shares {
	uint32_t nr;
	struct config_share *at; /* [nr], tags differ */
};

enum config_disk_format { CONFIG_DISK_RAW, CONFIG_DISK_QCOW2 };

struct config_disk {
	char *path;
	enum config_disk_format format;
	bool ro;
	char *overlay; /* "temp", or a file; NULL: none */
};

struct config_disks {
	uint32_t nr;
	struct config_disk *at; /* [nr] */
};

enum config_net_kind {
	CONFIG_NET_NOTHING,
	CONFIG_NET_TAP,
	CONFIG_NET_BRIDGE,
	CONFIG_NET_MACVTAP,
	CONFIG_NET_FD,
};

#define CONFIG_NET_QUEUES_MAX 31u

struct config_net {
	enum config_net_kind kind;
	char *name; /* the bridge, or the interface that a macvtap is made on */
	char *tap;  /* the tap; NULL: made, and named by the kernel */
	uint32_t nr_fds;
	int fd[CONFIG_NET_QUEUES_MAX];
	bool has_mac;
	uint8_t mac[6];
	uint32_t queues; /* 0: what there are vCPUs for */
	uint32_t mtu;	 /* 0: that of what it is attached to */
};

struct config_nets {
	uint32_t nr;
	struct config_net *at; /* [nr] */
};

enum config_granularity { CONFIG_GRANULARITY_NODE, CONFIG_GRANULARITY_NUMA, CONFIG_GRANULARITY_RANK };

enum config_bind { CONFIG_BIND_HOST, CONFIG_BIND_RANK, CONFIG_BIND_NONE };

enum config_policy { CONFIG_POLICY_LIKE_HOST, CONFIG_POLICY_ONE_NODE, CONFIG_POLICY_SPREAD };

enum config_smt { CONFIG_SMT_AVOID, CONFIG_SMT_USE, CONFIG_SMT_NEVER };

enum config_hugepages {
	CONFIG_HUGEPAGES_AUTO,
	CONFIG_HUGEPAGES_1G,
	CONFIG_HUGEPAGES_2M,
	CONFIG_HUGEPAGES_THP,
	CONFIG_HUGEPAGES_NONE,
};

enum config_idle { CONFIG_IDLE_AUTO, CONFIG_IDLE_GUEST, CONFIG_IDLE_HOST };

/* Where the host takes the interrupts of passed devices. */
enum config_irqs { CONFIG_IRQS_VCPU, CONFIG_IRQS_HOUSEKEEPING };

enum config_isolation { CONFIG_ISOLATION_NONE, CONFIG_ISOLATION_AUTO, CONFIG_ISOLATION_REQUIRE };

enum config_auto { CONFIG_AUTO, CONFIG_NO, CONFIG_YES };
enum config_prefault { CONFIG_PREFAULT_AUTO, CONFIG_PREFAULT_YES, CONFIG_PREFAULT_NO };

struct config_sched {
	bool fifo;         /* else SCHED_OTHER */
	uint32_t priority; /* fifo: 1 to 99 */
};

/* Strings and paths that were not given are NULL. */
struct run_config {
	/* What to start. */
	char *kernel;
	char *initrd;
	struct config_strings module; /* "FILE ARGS" */
	char *append;
	char *root;		       /* "host", a directory, "disk" or "disk:N" */
	struct config_strings writable; /* with root=host; none: cwd and home */
	char *init;		       /* a program of the root */
	char *agent;		       /* a file of the host's */
	struct config_strings agent_arg;
	char *payload;
	uint64_t guest_page; /* bytes: a payload's own page tables */

	/* The machine. */
	char *name;
	uint32_t cpus;   /* vCPUs; at least 1 once finished */
	uint64_t memory; /* bytes, a multiple of 4 KiB; not 0 once finished */
	struct config_console console;
	enum config_console_device console_device;
	struct config_ports port;
	struct config_vsock vsock;
	struct config_nets net;
	struct config_shares share;
	struct config_disks disk;
	char *virtiofsd; /* NULL: the first that is found */
	struct config_strings device; /* as device_spec.h reads them */
	int32_t debug_exit; /* I/O port, or -1 */

	/* Where it lives. */
	struct cpulist host_cpus; /* empty: all that this process may use */
	enum config_policy policy;
	enum config_smt smt;
	bool overcommit;
	struct request_pins pin;
	struct request_nodes node;
	enum config_hugepages hugepages;
	enum config_prefault prefault;
	bool share_memory; /* no option: set once finished, when a device's back end is another process (vhost-user) */
	struct config_sched sched;

	/* How quiet it is there. */
	enum config_isolation isolation;
	enum config_idle idle;
	enum config_irqs device_irqs;
	enum config_auto quiet_guest;
	enum config_auto unpack;

	/* How it runs. */
	bool reboot;
	uint32_t stop_timeout_ms;
	bool force;
	bool strict;

	/* Programs in it: thole exec. */
	struct config_strings env; /* NAME=VALUE or -PATTERN */
	enum config_granularity granularity;
	enum config_bind bind;
	bool keep;
	uint32_t start_timeout_ms;

	/* What it tells. */
	char *stats;
	char *report;
	enum log_level log_level;
	bool quiet;
};

/* Every option at its default. -ENOMEM. */
int run_config_init(struct run_config *c) must_check;

/* The number of vCPUs, where only host CPUs were given, and the memory, where only nodes' was.
 * -EINVAL: too many, or too little. */
int run_config_finish(struct run_config *c) must_check;

/* Can `run` start this? -EINVAL. */
int run_config_check(const struct run_config *c) must_check;

void run_config_fini(struct run_config *c);

#endif
