# What numa/ is built from, one file a line.
NUMA_SRCS := \

