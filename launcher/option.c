/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option.c - the table of options.
 *
 * Order is the order of --dump-config and, within a group, of the manual page.
 */
#include "launcher/option.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The member's offset, checked to be of the C type that the option's type writes. */
#define AT(member, ctype) \
	(offsetof(struct run_config, member) + \
		0 * sizeof(char[__builtin_types_compatible_p( \
			__typeof__(((struct run_config *)0)->member), ctype) ? 1 : -1]))

#define COUNT(member)  &type_count, AT(member, uint32_t)
#define SIZE(member)   &type_size, AT(member, uint64_t)
#define SWITCH(member) &type_bool, AT(member, bool)
#define AUTO(member)   &type_auto, AT(member, enum config_auto)
#define STRING(member) &type_string, AT(member, char *)
#define PATH(member)   &type_path, AT(member, char *)
#define ENUM(member, ctype) &type_enum, AT(member, ctype)

static const char *const pages[] = { "4K", "2M", "1G", NULL };
static const char *const console_devices[] = { "serial", "virtio", NULL };
static const char *const granularities[] = { "node", "numa", "rank", NULL };
static const char *const binds[] = { "host", "rank", "none", NULL };
static const char *const policies[] = { "like-host", "one-node", "spread", NULL };
static const char *const smt[] = { "avoid", "use", "never", NULL };
static const char *const hugepages[] = { "auto", "1G", "2M", "thp", "none", NULL };
static const char *const prefault[] = { "auto", "yes", "no", NULL };
static const char *const isolations[] = { "none", "auto", "require", NULL };
static const char *const autos[] = { "auto", "no", "yes", NULL };
static const char *const idles[] = { "auto", "guest", "host", NULL };
static const char *const irq_places[] = { "vcpu", "housekeeping", NULL };
static const char *const log_levels[] = { "err", "warn", "info", "debug", NULL };

const char *const option_groups[GROUPS] = {
	[GROUP_START] = "What to start",
	[GROUP_MACHINE] = "The machine",
	[GROUP_PLACE] = "Where it lives on the host",
	[GROUP_QUIET] = "How quiet it is there",
	[GROUP_RUN] = "How it runs",
	[GROUP_EXEC] = "Programs in it, with thole exec",
	[GROUP_TELL] = "What thole tells",
};

/* clang-format off */
const struct option_row options[] = {
	{ "kernel", PATH(kernel), GROUP_START, .letter = 'k', .arg = "FILE|auto",
	  .help = "Linux bzImage, or an ELF image with a PVH or multiboot entry",
	  .more = "auto takes the newest kernel that is installed in /boot or /lib/modules and has what "
		"the machine needs, built in or as modules, and makes an initial RAM disk for it, which "
		"mounts root and the shares that have a place." },
	{ "unpack", AUTO(unpack), GROUP_START, .choice = autos, .def = "auto",
	  .help = "unpack a bzImage here, once, rather than in the guest at each start",
	  .more = "The kernel proper is kept in ~/.cache/thole, with that of three others at most, and starts at its "
		"PVH entry, without the move to a random address (KASLR) that the bzImage's own program makes. "
		"A kernel without that entry, or no place to keep it, leaves it as it is, without a word. auto is "
		"yes unless that directory is on a file system of the network." },
	{ "initrd", PATH(initrd), GROUP_START, .letter = 'i', .arg = "FILE",
	  .help = "initial RAM disk; for multiboot, the first module" },
	{ "module", &type_list, AT(module, struct config_strings), GROUP_START,
	  .arg = "'FILE ARGS'",
	  .help = "multiboot module and its arguments; may be given again" },
	{ "append", STRING(append), GROUP_START, .letter = 'a', .arg = "TEXT",
	  .help = "the kernel's command line" },
	{ "root", PATH(root), GROUP_START, .letter = 'r', .arg = "host|DIR|disk",
	  .help = "with --kernel auto, the guest's root: the host's, a directory or the first disk",
	  .more = "host is all that the host has at /; DIR is a directory such as an unpacked container "
		"image. The guest can't change either: what it writes stays in its memory and is gone "
		"with it, except below writable. disk is a file system on the first disk, and disk:N "
		"the one in its partition N; the guest writes to it." },
	{ "writable", &type_list, AT(writable, struct config_strings), GROUP_START, .arg = "DIR",
	  .help = "with --root host, what the guest may write to; may be given again",
	  .more = "Without it, the directory that thole runs in and the home directory, which the words "
		"cwd and home stand for; with it, only what it says; none is nothing. The guest's "
		"rights there are those of thole's caller." },
	{ "init", PATH(init), GROUP_START, .arg = "FILE",
	  .help = "program of the root to run; without it, /sbin/init or a shell",
	  .more = "With --root host it is a shell unless something else is said, since the host's own "
		"init would start all that the host runs. The guest powers off when the program ends." },
	{ "agent", PATH(agent), GROUP_START, .arg = "FILE|builtin|none",
	  .help = "static program of the host that becomes the guest's first process",
	  .more = "builtin is the one that comes with thole and runs programs for thole exec, which takes it "
		"unless something else is said. With none the root's own init is the first process, and "
		"has to start an agent if there is to be one." },
	{ "agent-arg", &type_list, AT(agent_arg, struct config_strings), GROUP_START, .arg = "TEXT",
	  .help = "argument for the agent; may be given again" },
	{ "payload", PATH(payload), GROUP_START, .letter = 'p', .arg = "FILE",
	  .help = "program to run on every vCPU in place of a kernel",
	  .more = "An ELF image linked for thole's payload interface, which thole/payload.h "
		"describes. It has the machine for itself: no kernel runs beside it." },
	{ "guest-page", SIZE(guest_page), GROUP_START, .choice = pages, .def = "2M", .arg = "SIZE",
	  .help = "pages that a payload's memory is mapped with" },

	{ "name", &type_name, AT(name, char *), GROUP_MACHINE, .letter = 'n', .arg = "NAME",
	  .help = "what this machine is called in messages and for other commands" },
	{ "cpus", &type_cpus, AT(cpus, uint32_t), GROUP_MACHINE, .letter = 'c',
	  .min = 1, .max = CPULIST_MAX, .arg = "N|LIST",
	  .help = "number of vCPUs, or the host CPUs to run them on",
	  .more = "A single number is the number of vCPUs. A list with a comma or a dash, such as "
		"0-7,16-23, names host CPUs and is the same as host-cpus. Without a number there "
		"are as many vCPUs as CPUs in host-cpus; without either, one." },
	{ "memory", SIZE(memory), GROUP_MACHINE, .letter = 'm', .min = MiB(2), .max = TiB(4096),
	  .align = KiB(4), .arg = "SIZE",
	  .help = "guest memory; without it, the sum of the nodes', or 1G" },
	{ "console", &type_console, AT(console, struct config_console), GROUP_MACHINE,
	  .def = "stdio", .arg = "WHERE",
	  .help = "the guest's console: stdio, none or file:PATH",
	  .more = "With stdio on a terminal, Ctrl-A x stops the guest and Ctrl-A h shows help." },
	{ "console-device", ENUM(console_device, enum config_console_device), GROUP_MACHINE,
	  .choice = console_devices, .def = "serial", .arg = "serial|virtio",
	  .help = "the console is the first serial port, or a virtio console",
	  .more = "In Linux, serial is ttyS0 and virtio is hvc0, which takes fewer exits but is not "
		"there in the first moments of a boot. With virtio, what is written to the serial port "
		"is thrown away. A reader that stands still holds the guest back with either." },
	{ "port", &type_ports, AT(port, struct config_ports), GROUP_MACHINE, .arg = "NAME=WHERE",
	  .help = "console port /dev/virtio-ports/NAME; may be given again",
	  .more = "WHERE is file:PATH for output only; socket:PATH for a socket that thole makes, and "
		"that one program at a time may connect to; or fd:N for a connected stream socket that "
		"thole was started with. What the guest writes while nobody is connected is thrown "
		"away; otherwise neither side loses anything, and the faster one waits." },
	{ "net", &type_nets, AT(net, struct config_nets), GROUP_MACHINE, .arg = "KEY=VALUE,...",
	  .help = "network device on a tap, bridge or interface; may be given again",
	  .more = "bridge=NAME makes a tap and attaches it to that bridge. tap=NAME takes the tap of that "
		"name, or makes it; with bridge= it is attached, too. macvtap=INTERFACE makes a macvtap on "
		"an interface of the host, by which others reach the guest, but the host itself does not. "
		"fd=N is a tap or macvtap that thole was started with, for one queue; it may be there "
		"again for more. What thole has made goes when it ends, in whatever way. mac=ADDRESS is "
		"the guest's; without it, it follows from the host's name, the machine's, and the job's "
		"and rank's numbers that the batch system has put into the environment, so a job's "
		"machine has the same one whenever it starts. queues=N has so many pairs of queues; else "
		"there is one for each vCPU, up to 8. mtu=N is the largest packet; else it is that of what "
		"the device is attached to. The data path is the kernel's vhost_net." },
	{ "vsock", &type_vsock, AT(vsock, struct config_vsock), GROUP_MACHINE, .def = "none",
	  .min = 3, .max = 0xfffffffe, .arg = "CID|auto|none",
	  .help = "sockets between host and guest, by this address of the guest",
	  .more = "Programs on the host connect to the guest's CID, those in the guest to 2, which is the "
		"host. auto takes an address that no other guest of this host has, and says which. The "
		"data path is the kernel's vhost_vsock." },
	{ "share", &type_shares, AT(share, struct config_shares), GROUP_MACHINE,
	  .arg = "TAG=PATH[,ro][,at=DIR]",
	  .help = "directory of the host's, by virtiofs; may be given again",
	  .more = "In Linux, mount -t virtiofs TAG DIR; with at= and --kernel auto it is done. With ro, "
		"nothing that the guest does can change it. virtiofsd does the work on the "
		"housekeeping CPUs, with the rights of thole's caller." },
	{ "disk", &type_disks, AT(disk, struct config_disks), GROUP_MACHINE,
	  .arg = "IMAGE[,format=raw|qcow2][,ro][,overlay=temp|FILE]",
	  .help = "disk from an image or a block device; may be given again",
	  .more = "The format is raw, or qcow2 where the name ends so. With overlay=temp, what the guest "
		"writes goes to a file without a name in $TMPDIR or /var/tmp and is gone with the "
		"machine; with overlay=FILE, to that qcow2 image, which is made if it isn't there. "
		"Several machines can use an image at once if each has ro or an overlay. "
		"qemu-storage-daemon does the work on the housekeeping CPUs, with a queue for each vCPU." },
	{ "virtiofsd", PATH(virtiofsd), GROUP_MACHINE, .arg = "FILE",
	  .help = "program for shares, in place of the first virtiofsd that is found" },
	{ "device", &type_devices, AT(device, struct config_strings), GROUP_MACHINE, .arg = "DEVICE",
	  .help = "hand over a PCI device of the host; may be given again",
	  .more = "DEVICE is an address such as 0000:3b:00.1; class=WORD for any that is free, such as "
		"class=network or class=storage,node=0; or vf=ADDRESS for a virtual function of that one, "
		"which is made for the run where the card has none; of an Ethernet card with mac=52:54:00:01:02:03, vlan=N, "
		"trust=on or off behind a comma, which the card then lays down for it. A device is taken "
		"from its driver for VFIO, with thole's rights, and given back at the end; what cannot be passed is "
		"refused with what to do, as in thole pci list. The guest finds its expansion ROM, too, and several "
		"devices reach each other's memory as far as the host's IOMMU maps it. vCPUs and memory go near to it where the policy leaves "
		"a choice. All of the guest's memory is locked." },
	{ "debug-exit", &type_port, AT(debug_exit, int32_t), GROUP_MACHINE, .max = 0xffff,
	  .def = "none", .arg = "PORT",
	  .help = "I/O port through which the guest ends with an exit code",
	  .more = "A value v written there ends the machine with exit code 2v + 1, of which 8 "
		"bits are kept: the way of QEMU's isa-debug-exit, which test kernels know." },

	{ "host-cpus", &type_cpulist, AT(host_cpus, struct cpulist), GROUP_PLACE, .arg = "LIST",
	  .help = "host CPUs that may be used; without it, those that thole may run on" },
	{ "policy", ENUM(policy, enum config_policy), GROUP_PLACE, .choice = policies,
	  .def = "like-host", .arg = "POLICY",
	  .help = "guest nodes like the host's, all on one node, or spread evenly" },
	{ "smt", ENUM(smt, enum config_smt), GROUP_PLACE, .choice = smt, .def = "avoid",
	  .arg = "avoid|use|never",
	  .help = "one vCPU for each core, or one for each hardware thread",
	  .more = "With avoid, a core's second thread is used when there are more vCPUs than cores; "
		"with never, such a plan is refused." },
	{ "overcommit", SWITCH(overcommit), GROUP_PLACE, .def = "no",
	  .help = "allow more vCPUs than host CPUs" },
	{ "pin", &type_pins, AT(pin, struct request_pins), GROUP_PLACE, .arg = "VCPU=CPU,...",
	  .help = "fix these vCPUs to these host CPUs; the rest follow the policy" },
	{ "node", &type_nodes, AT(node, struct request_nodes), GROUP_PLACE,
	  .arg = "N:mem=SIZE,cpus=LIST",
	  .help = "memory and vCPUs of guest node N; may be given again",
	  .more = "A third key, host=NODE, names the host node. Without cpus=, the nodes share the "
		"vCPUs that no node lists; without mem=, the memory that is left, in proportion to "
		"their vCPUs. A node with an empty cpus= has memory only and needs host=." },
	{ "hugepages", ENUM(hugepages, enum config_hugepages), GROUP_PLACE, .choice = hugepages,
	  .def = "auto", .arg = "SIZE",
	  .help = "pages behind guest memory; auto takes the largest there are",
	  .more = "With auto it is the largest of 1G, 2M and thp of which every node has enough free, "
		"else none, which is 4K, and a message says what it was. Any other value is had "
		"exactly, or the machine is not started. thp are 4K that the kernel joins to 2M "
		"where it can, if /sys/kernel/mm/transparent_hugepage/enabled is madvise or always. "
		"Whatever the size, memory is bound to the nodes of the plan." },
	{ "prefault", ENUM(prefault, enum config_prefault), GROUP_PLACE, .choice = prefault,
	  .def = "auto", .arg = "auto|yes|no",
	  .help = "fill guest memory before the guest starts",
	  .more = "1G and 2M pages are always filled, so that a shortage is an error before the start. "
		"For thp and 4K, auto fills them on a host of several nodes, where memory that is "
		"bound to a node can be short while the rest of the host has plenty; on a host of "
		"one node it doesn't, and the machine starts in milliseconds. Memory that is not "
		"filled costs an exit at the first touch of each page, and being short of it ends "
		"in swapping or in the kernel's out-of-memory killer." },
	{ "sched", &type_sched, AT(sched, struct config_sched), GROUP_PLACE, .def = "other",
	  .arg = "CLASS",
	  .help = "scheduling class of vCPUs: other, or fifo:N with a priority from 1 to 99" },

	{ "isolation", ENUM(isolation, enum config_isolation), GROUP_QUIET, .choice = isolations, .def = "none",
	  .arg = "auto|none|require",
	  .help = "keep everything else away from the vCPUs' CPUs while it runs",
	  .more = "It changes settings of the whole host, for which it takes root, and puts them back at the "
		"end, whatever end that is: an isolated cgroup partition; interrupts, workqueues and the "
		"watchdog to other CPUs; NUMA balancing, page merging, compaction, khugepaged and the "
		"scheduler's fair server off; and more, which `thole isolate --show --cpus LIST` lists. auto "
		"does what it can, and says what it can't; with require, anything that is missing ends the "
		"start, but for the fair server. Two machines share what "
		"they both need." },
	{ "idle", ENUM(idle, enum config_idle), GROUP_QUIET, .choice = idles, .def = "auto",
	  .arg = "auto|guest|host",
	  .help = "who has a CPU while its vCPU has nothing to do",
	  .more = "With guest, HLT and MWAIT run without an exit where KVM allows: the guest wakes up "
		"soonest, and the host sees a busy CPU. With host, each is an exit; the host's CPU "
		"may sleep deeply, or run something else. auto is guest where nothing else may run on "
		"the vCPUs' CPUs. With either, PAUSE is no exit where each vCPU has a CPU of its own." },
	{ "device-irqs", ENUM(device_irqs, enum config_irqs), GROUP_QUIET, .choice = irq_places, .def = "vcpu",
	  .arg = "vcpu|housekeeping",
	  .help = "which of the host's CPUs take the interrupts of devices that are handed over",
	  .more = "Where the IOMMU posts them, none does, and this changes nothing (a report says so, as devices_at_best). "
		"With vcpu, each is taken on the CPU of the vCPU that it is for: that needs no other CPU, and no kick "
		"from there, but it is an exit each time, and the host's part of the work is done in the vCPU's time. "
		"With housekeeping it is taken on a housekeeping CPU near to it, which tells the vCPU: fewer exits, and "
		"none with APICv or AVIC. That is better for a vCPU that is busy, where there is a CPU to spare." },
	{ "quiet-guest", AUTO(quiet_guest), GROUP_QUIET, .choice = autos, .def = "auto",
	  .help = "tell a Linux guest to keep its own noise away from the job",
	  .more = "Words that follow from the plan go before those of append, which so have the last "
		"word: nohz_full, rcu_nocbs, isolcpus=managed_irq and irqaffinity leave the guest's own "
		"housekeeping to vCPU 0, nowatchdog, tsc=reliable where the host's clock is the TSC, "
		"and numa_balancing=disable with several nodes. auto, which is the default, is yes for the "
		"machines that `thole exec` starts, and no for others." },

	{ "reboot", SWITCH(reboot), GROUP_RUN, .def = "no",
	  .help = "start the guest again when it reboots, rather than end" },
	{ "stop-timeout", &type_duration, AT(stop_timeout_ms, uint32_t), GROUP_RUN,
	  .max = 3600 * 1000, .def = "30s", .arg = "TIME",
	  .help = "time that a guest gets to power off before it is stopped hard" },
	{ "force", SWITCH(force), GROUP_RUN, .def = "no",
	  .help = "go on where a check of the host says no" },
	{ "strict", SWITCH(strict), GROUP_RUN, .def = "no",
	  .help = "fail where what happens is not exactly what was planned",
	  .more = "The node and size of every page are checked before the guest starts, and again at the "
		"end with the CPU and the migrations of each vCPU. A deviation before the start ends "
		"it; one at the end makes exit code 123 of a good end. What the kernel does not tell "
		"is said, and fails nothing." },

	{ "env", &type_list, AT(env, struct config_strings), GROUP_EXEC, .arg = "NAME=VALUE|-PATTERN",
	  .help = "set a variable for the program, or leave some out; may be given again",
	  .more = "A program has the environment of thole exec, with these changes in their order. A "
		"pattern is as a shell's: --env=-SSH_* leaves out all whose names begin so." },
	{ "granularity", ENUM(granularity, enum config_granularity), GROUP_EXEC, .choice = granularities,
	  .def = "node", .arg = "node|numa|rank",
	  .help = "one machine for a job's programs on a host, on each NUMA node, or for each rank",
	  .more = "With numa and rank, MPICH is told that no two ranks share memory "
		"(MPIR_CVAR_NOLOCAL=1); give the machines a network, with net. Its first device gets an "
		"address of 10.0.0.0/8 that follows from the job and the rank." },
	{ "bind", ENUM(bind, enum config_bind), GROUP_EXEC, .choice = binds, .def = "host",
	  .arg = "host|rank|none",
	  .help = "vCPUs for a program: those of its own host CPUs, one for its rank, or all",
	  .more = "With host, a program that mpiexec or srun has bound to some CPUs is bound to the vCPUs "
		"that run on them. With rank, each local rank has a vCPU of its own, in turn." },
	{ "keep", SWITCH(keep), GROUP_EXEC, .def = "no",
	  .help = "leave the machine running when its last program has ended" },
	{ "start-timeout", &type_duration, AT(start_timeout_ms, uint32_t), GROUP_EXEC,
	  .min = 1, .max = 3600 * 1000, .def = "5min", .arg = "TIME",
	  .help = "time that a machine gets to boot until it can run a program" },

	{ "stats", PATH(stats), GROUP_TELL, .arg = "FILE",
	  .help = "write exit counts by reason there at the end, as JSON" },
	{ "report", PATH(report), GROUP_TELL, .arg = "FILE",
	  .help = "write what was planned and what happened there, as JSON",
	  .more = "It has the plan; the node and size of every page of guest memory before the start and "
		"at the end; how KVM has mapped them; for each vCPU its CPU, migrations, context "
		"switches, the time that it waited for its CPU, and exits, in all, and in a second of the steady "
		"state, with exits by reason; what isolation has changed; and the noise of the vCPUs' CPUs, for "
		"which they are watched for 0.1 s before the guest starts. null stands for what this kernel does not tell." },
	{ "log-level", ENUM(log_level, enum log_level), GROUP_TELL, .choice = log_levels,
	  .def = "info", .arg = "LEVEL",
	  .help = "least important messages to show: err, warn, info or debug" },
	{ "quiet", SWITCH(quiet), GROUP_TELL, .letter = 'q', .def = "no",
	  .help = "show errors only, whatever the log level" },
};
/* clang-format on */

const uint32_t options_nr = ARRAY_SIZE(options);

int complain(struct complaint *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	return -EINVAL;
}

static void *field_of(struct run_config *c, const struct option_row *o)
{
	return (char *)c + o->at;
}

static const void *const_field_of(const struct run_config *c, const struct option_row *o)
{
	return (const char *)c + o->at;
}

const struct option_row *option_find(const char *name)
{
	for (uint32_t i = 0; i < options_nr; i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

int option_set(struct run_config *c, const struct option_row *o, const char *text,
	struct complaint *why)
{
	if (o->type == &type_cpus && *text != '-' && strpbrk(text, ",-"))
		o = option_find("host-cpus");
	return o->type->parse(o, text, field_of(c, o), why);
}

void option_clear(struct run_config *c, const struct option_row *o)
{
	o->type->fini(field_of(c, o));
}

uint32_t option_count(const struct run_config *c, const struct option_row *o)
{
	return o->type->count(const_field_of(c, o));
}

char *option_text(const struct run_config *c, const struct option_row *o, uint32_t i)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	o->type->print(o, const_field_of(c, o), i, out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
