# What ipi/ is built from, one file a line.
IPI_SRCS := \

