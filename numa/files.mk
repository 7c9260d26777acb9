# What numa/ is built from, one file a line.
NUMA_SRCS := \
	numa/speed.c \
	numa/backing.c \
	numa/device_cpus.c \
	numa/host.c \
	numa/host_hwloc.c \
	numa/host_load.c \
	numa/host_pages.c \
	numa/host_sysfs.c \
	numa/hwloc_late.c \
	numa/plan.c \
	numa/plan_cores.c \
	numa/plan_draw.c \
	numa/plan_given.c \
	numa/plan_json.c \
	numa/plan_memory.c \
	numa/plan_mirror.c \
	numa/plan_nodes.c \
	numa/plan_print.c \
	numa/plan_refuse.c \
	numa/plan_warn.c \
	numa/prefault.c \
	numa/proof.c \
	numa/request.c \

