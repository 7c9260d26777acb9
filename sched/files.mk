# What sched/ is built from, one file a line.
SCHED_SRCS := \

