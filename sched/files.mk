# What sched/ is built from, one file a line.
SCHED_SRCS := \
	sched/affinity.c \
	sched/policy.c \
	sched/usage.c \

