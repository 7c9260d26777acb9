# What launcher/ is built from, one file a line.
LAUNCHER_SRCS := \
	launcher/console.c \
	launcher/file_replace.c \
	launcher/image.c \
	launcher/kvm_command.c \
	launcher/machine.c \
	launcher/stats_file.c \
	launcher/stopper.c \
	launcher/unit_boot.c \
	launcher/unit_devices.c \
	launcher/unit_host.c \
	launcher/unit_images.c \
	launcher/unit_person.c \
	launcher/progress.c \
	launcher/unit_memory.c \
	launcher/unit_plan.c \
	launcher/unit_shape.c \
	launcher/unit_vcpus.c \
	launcher/unit_vm.c \
	launcher/units.c \
	launcher/command.c \
	launcher/config.c \
	launcher/config_args.c \
	launcher/config_dump.c \
	launcher/config_file.c \
	launcher/config_scan.c \
	launcher/option.c \
	launcher/option_place.c \
	launcher/option_type.c \
	launcher/placement.c \
	launcher/plan_command.c \
	launcher/run.c \
	launcher/run_command.c \
	launcher/stderr_log.c \
	launcher/suggest.c \
	launcher/terminal.c \

