# What numa/ is built from, one file a line.
NUMA_SRCS := \
	numa/host.c \
	numa/host_hwloc.c \
	numa/host_load.c \
	numa/host_pages.c \
	numa/host_sysfs.c \
	numa/request.c \

