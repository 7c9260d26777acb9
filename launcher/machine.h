/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - one virtual machine from its configuration to its end.
 *
 *   options + file -> config -> [units, in order: see units.c] -> run -> statistics -> [undone in reverse]
 *
 * Threads: one machine on the calling thread, which becomes the event loop. Owns all it makes;
 * borrows the configuration. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_MACHINE_H
#define LAUNCHER_MACHINE_H

#include "launcher/agent_power.h"
#include "launcher/berth.h"
#include "launcher/config.h"
#include "launcher/backend.h"
#include "launcher/console.h"
#include "launcher/control.h"
#include "launcher/guest_boot.h"
#include "launcher/handover.h"
#include "launcher/irq_follow.h"
#include "launcher/report.h"
#include "launcher/port.h"
#include "launcher/run_noise.h"
#include "launcher/steady.h"
#include "launcher/stopper.h"
#include "launcher/survey.h"
#include "launcher/tap.h"
#include "ipi/ipi_policy.h"
#include "numa/speed.h"
#include "numa/plan.h"
#include "passthrough/passed.h"
#include "passthrough/vfio_container.h"
#include "sched/affinity.h"
#include "sched/claim.h"
#include "sched/isolation.h"
#include "sched/quiet.h"
#include "vmm/acpi/acpi.h"
#include "vmm/boot/boot.h"
#include "vmm/cpuid.h"
#include "vmm/debug_exit.h"
#include "vmm/kvm.h"
#include "vmm/layout.h"
#include "vmm/payload_ports.h"
#include "vmm/payload_wires.h"
#include "vmm/pci.h"
#include "vmm/power.h"
#include "vmm/serial.h"
#include "vmm/vcpu.h"
#include "vmm/virtio/console.h"
#include "vmm/virtio/vhost_user_dev.h"
#include "vmm/virtio/virtio_pci.h"
#include "vmm/virtio/vsock.h"
#include "vmm/vm.h"

/* A device whose work is done by a process outside of this one. */
struct outside {
	struct backend process;
	int lock; /* a disk's; -1: none */
	struct vhost_user_dev dev;
	struct virtio_pci pci;
};

struct net_device {
	struct tap tap;
	struct virtio_net net;
	struct virtio_pci pci;
};

/* What a passed device has to say while the guest runs. */
struct passed_watch {
	struct passed *passed;
	struct loop_source error, request;
	bool told;
};

struct machine {
	const struct run_config *cfg;
	const struct stop_signals *signals; /* held */
	struct berth *berth; /* where it is found by its name; NULL: it has none */
	bool again; /* after a reboot: files that the guest writes to are continued */

	/* What it is made from. */
	struct kvm kvm;
	struct survey survey; /* until there are vCPUs */
	int vm_fd; /* until it is vm's; else -1 */
	struct ipi_host ipi_host;
	struct ipi_policy ipi;
	struct guest_shares shares;
	struct guest_boot guest_boot; /* kernel=auto */
	struct boot_input boot_input; /* owns its blobs and nothing else */
	bool unpaged;		      /* a Linux guest where there is no nested paging */
	struct kvm_cpuid2 *supported;
	struct plan plan;
	uint32_t nr_host_nodes;
	struct affinity affinity; /* this process's, before the plan */
	struct claim claim;	  /* on the vCPUs' CPUs */
	struct acpi_hmat hmat; /* empty: the host tells nothing, or there is one node */
	bool prefault;
	uint32_t nr_workers; /* with prefault: who fills which host node's memory */
	struct prefault_workers *workers;
	struct backing_result backing;
	struct ram_layout layout;
	struct cpuid_config cpuid;
	struct cpulist quiet_cpus; /* that only vCPUs are to run on */
	struct isolation isolation;
	bool apics_only; /* no PIC, no I/O APIC: nobody could tell the guest of a pin */
	enum quiet_idle idle; /* never auto once the VM is made */
	struct exits_off exits_off;

	/* The machine. */
	struct vm vm;
	struct serial serial;
	struct power power;
	struct debug_exit debug_exit;
	struct payload_ports payload_ports;
	struct payload_wires payload_wires; /* of payloads in ring 0 */
	struct pci_bus pci;
	bool has_virtio_console;
	struct virtio_console virtio_console;
	struct virtio_pci virtio_console_pci;
	uint32_t nr_nets;
	struct net_device *nets; /* [nr_nets] */
	bool has_vsock;
	struct virtio_vsock vsock; /* .cid: the guest's address */
	struct virtio_pci vsock_pci;
	uint32_t nr_outside, nr_outside_devices; /* processes that run, devices that are there */
	struct outside *outside; /* shares in their order, then disks */
	struct handover handover; /* devices of the host; none: nothing of what follows is used */
	int kvm_vfio;		  /* -1: KVM has no such device */
	struct vfio_container container;
	struct passed_env passed_env;
	uint32_t nr_passed;
	struct passed *passed;		    /* [handover.nr] */
	struct passed_watch *passed_watch;  /* [handover.nr] */
	struct irq_follow irq_follow;
	struct boot_plan boot;
	struct vcpu_setup vcpu_setup;
	struct vcpus vcpus;

	struct report report;
	struct run_noise noise; /* with --report, and this: */
	struct steady steady;

	/* The person in front of it. */
	struct console console;
	struct console serial_drain; /* where the serial port's words go when the console is another's */
	struct port *ports; /* [cfg->port.nr] */
	struct stopper stopper;

	/* Other commands. */
	struct control control;
	struct agent_power agent_power;
};

/* A step of making a machine. start reports its errors and leaves nothing behind when it fails. */
struct unit {
	const char *name;
	int (*start)(struct machine *m);
	void (*stop)(struct machine *m);
};

extern const struct unit host_unit, guest_unit, images_unit, backends_unit, outside_unit, plan_unit,
	shape_unit, vm_unit, leftover_unit, isolation_unit, quiet_unit, memory_unit, handover_unit,
	passthrough_unit, devices_unit, virtio_unit, net_unit, vsock_unit, workers_unit, boot_unit, wires_unit,
	stopper_unit, control_unit, console_unit, vcpus_unit, slots_unit, slots_late_unit, irqchip_unit, tell_unit, run_unit;

/* In order of start; NULL-terminated. */
extern const struct unit *const machine_units[];

/* What ACPI tables are made from; ram may be NULL as for acpi_config_default(). */
struct acpi_config machine_acpi(const struct machine *m, const struct ram_layout *ram);

/* Where the guest runs, for decisions on how quiet it can be. */
struct quiet_place machine_quiet_place(const struct machine *m);

/* The guest's command line, what --quiet-guest adds included. The caller frees it; NULL: out of memory. */
char *machine_cmdline(const struct machine *m);

/* cmdline, which is freed, with what lets thole in to the guest's agent. NULL: out of memory. */
char *machine_agent_words(const struct machine *m, char *cmdline) must_check;

/* The guest ends at once: nobody is to wait for an answer of what serves its shares and disks. */
void machine_outside_abort(struct machine *m);

/* ACPI tables and the images into guest memory, as planned; from one thread, any. Errors: reported. */
int machine_load(struct machine *m) must_check;

/* The images' bytes are no longer needed. */
void machine_images_free(struct machine *m);

/* How a machine's run went. */
struct machine_end {
	enum end_kind kind;
	int code;      /* END_EXIT: the guest's */
	bool deviates; /* from the plan, and that matters (--strict) */
	bool asked;    /* somebody had asked it to stop */
};

/* Make the machine, run it, undo it. Its end, END_STOPPED too if it was to stop before it ran; or
 * -errno. signals: held. berth: taken, or NULL. again: it has run, and rebooted. */
int machine_run(const struct run_config *cfg, const struct stop_signals *signals, struct berth *berth, bool again,
	struct machine_end *end) must_check;

#endif
