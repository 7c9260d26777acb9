# What passthrough/ is built from, one file a line.
PASSTHROUGH_SRCS := \
	passthrough/host_tree.c \
	passthrough/pci_addr.c \
	passthrough/pci_bind.c \
	passthrough/pci_dev.c \
	passthrough/pci_names.c \
	passthrough/pci_use.c \
	passthrough/pci_verdict.c \

