# What ipi/ is built from, one file a line.
IPI_SRCS := \
	ipi/ipi_host.c \
	ipi/ipi_policy.c \
	ipi/vector_irq.c \
	ipi/vector_tally.c \

