# What vmm/ is built from, one file a line.
VMM_SRCS := \
	vmm/cpuid.c \
	vmm/cpuid_topology.c \
	vmm/power.c \
	vmm/payload_ports.c \
	vmm/bus.c \
	vmm/cpulist.c \
	vmm/debug_exit.c \
	vmm/end.c \
	vmm/kvm.c \
	vmm/acpi/acpi.c \
	vmm/acpi/dsdt.c \
	vmm/acpi/machine.c \
	vmm/acpi/numa.c \
	vmm/acpi/ssdt.c \
	vmm/acpi/table.c \
	vmm/boot/boot.c \
	vmm/boot/cpu.c \
	vmm/boot/elf.c \
	vmm/boot/linux.c \
	vmm/boot/loader.c \
	vmm/boot/multiboot.c \
	vmm/boot/pagetable.c \
	vmm/boot/payload.c \
	vmm/boot/pvh.c \
	vmm/layout.c \
	vmm/log.c \
	vmm/loop.c \
	vmm/mem.c \
	vmm/pci.c \
	vmm/pci_func.c \
	vmm/serial.c \
	vmm/stats.c \
	vmm/topology.c \
	vmm/vm.c \

