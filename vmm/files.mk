# What vmm/ is built from, one file a line.
VMM_SRCS := \
	vmm/cpulist.c \
	vmm/layout.c \
	vmm/log.c \
	vmm/topology.c \

