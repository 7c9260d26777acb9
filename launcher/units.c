/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * units.c - what a machine is made of, in the order in which it is made.
 *
 *   leftover what a machine that was killed has left isolated is put back; its devices are, before any command
 *   host     /dev/kvm, and is it good enough for what is asked?
 *   guest    which directories it gets; and with kernel=auto, its kernel and initramfs
 *   images   the kernel or payload, initrd and modules, read and recognized
 *   handover devices of the host that the guest is to have, taken from their drivers
 *   plan     which CPU, node and page size for what, and the topology that the guest is told
 *   backends the processes that serve shares and disks start, and get ready meanwhile
 *   shape    APIC ids, and where memory lies for the guest: values, nothing is made
 *   vm       KVM's VM, the event loop
 *   memory   guest RAM
 *   slots    KVM is told of it, as long as it has nothing else to finish first: see vm_irqchip(); with local APICs
 *            only, later
 *   irqchip  KVM's interrupt controllers
 *   isolation  other work is taken away from the vCPUs' CPUs, which until now helped to fill RAM
 *   quiet    which instructions of the guest are no exits, before there is a vCPU; and for a report,
 *            how quiet the CPUs are now
 *   devices  serial port, power, PCI, and the ports of payloads and tests
 *   virtio   the console and ports that are devices on the PCI bus
 *   net      network devices, and what they are attached to on the host
 *   vsock    sockets between host and guest, in the kernel
 *   outside  shares and disks, the devices in front of those processes
 *   passthrough  those devices on the PCI bus, and guest memory within their reach
 *   workers  the kernel's threads for these go to the housekeeping CPUs
 *   boot     what goes where in RAM, and how vCPUs start: values
 *   vcpus    threads, each of which makes its vCPU while this one goes on; the first puts ACPI tables and the images
 *            into RAM
 *   slots, late  see above
 *   wires    the doorbells of payloads in ring 0
 *   stopper  what a signal does from here on; before, it gives up the start
 *   control  a named machine's socket, for other commands
 *   console  the terminal, and the host's end of ports
 *   tell     what a person should know of all this
 *   run      the guest runs
 */
#include "launcher/machine.h"

const struct unit *const machine_units[] = {
	&leftover_unit,
	&host_unit,
	&guest_unit,
	&images_unit,
	&handover_unit,
	&plan_unit,
	&backends_unit,
	&shape_unit,
	&vm_unit,
	&memory_unit,
	&slots_unit,
	&irqchip_unit,
	&isolation_unit,
	&quiet_unit,
	&devices_unit,
	&virtio_unit,
	&net_unit,
	&vsock_unit,
	&outside_unit,
	&passthrough_unit,
	&workers_unit,
	&boot_unit,
	&vcpus_unit,
	&slots_late_unit,
	&wires_unit,
	&stopper_unit,
	&control_unit,
	&console_unit,
	&tell_unit,
	&run_unit,
	NULL,
};
