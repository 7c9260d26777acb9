# What passthrough/ is built from, one file a line.
PASSTHROUGH_SRCS := \
	passthrough/bar_areas.c \
	passthrough/config_caps.c \
	passthrough/config_space.c \
	passthrough/device_spec.c \
	passthrough/dma_plan.c \
	passthrough/host_tree.c \
	passthrough/vfio.c \
	passthrough/vfio_container.c \
	passthrough/vfio_device.c \
	passthrough/passed.c \
	passthrough/passed_bar.c \
	passthrough/passed_irq.c \
	passthrough/passed_rom.c \
	passthrough/pci_addr.c \
	passthrough/pci_bind.c \
	passthrough/pci_dev.c \
	passthrough/pci_names.c \
	passthrough/pci_use.c \
	passthrough/pci_verdict.c \
	passthrough/vf_link.c \

