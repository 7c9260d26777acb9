# What vmm/ is built from, one file a line.
VMM_SRCS := \
	vmm/bus.c \
	vmm/cpulist.c \
	vmm/debug_exit.c \
	vmm/end.c \
	vmm/kvm.c \
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

