# What launcher/ is built from, one file a line.
LAUNCHER_SRCS := \
	launcher/console_command.c \
	launcher/control_client.c \
	launcher/ps_command.c \
	launcher/stat_command.c \
	launcher/stat_print.c \
	launcher/stop_command.c \
	launcher/agent_power.c \
	launcher/berth.c \
	launcher/control.c \
	launcher/control_answer.c \
	launcher/control_request.c \
	launcher/unit_control.c \
	launcher/console.c \
	launcher/exec_client.c \
	launcher/exec_command.c \
	launcher/exec_order.c \
	launcher/exec_stream.c \
	launcher/file_replace.c \
	launcher/handover.c \
	launcher/image.c \
	launcher/isolate_command.c \
	launcher/isolation_print.c \
	launcher/kvm_command.c \
	launcher/link.c \
	launcher/machine.c \
	launcher/net_mac.c \
	launcher/stats_file.c \
	launcher/steady.c \
	launcher/stopper.c \
	launcher/unit_boot.c \
	launcher/unit_devices.c \
	launcher/unit_host.c \
	launcher/unit_images.c \
	launcher/unit_isolation.c \
	launcher/unit_passthrough.c \
	launcher/unit_person.c \
	launcher/port.c \
	launcher/progress.c \
	launcher/quiet_cpus.c \
	launcher/report.c \
	launcher/report_json.c \
	launcher/unit_memory.c \
	launcher/unit_net.c \
	launcher/unit_plan.c \
	launcher/unit_quiet.c \
	launcher/unit_shape.c \
	launcher/unit_vcpus.c \
	launcher/unit_virtio.c \
	launcher/unit_vsock.c \
	launcher/unit_vm.c \
	launcher/units.c \
	launcher/command.c \
	launcher/config.c \
	launcher/doctor_command.c \
	launcher/doctor_print.c \
	launcher/config_args.c \
	launcher/config_dump.c \
	launcher/config_file.c \
	launcher/config_scan.c \
	launcher/option.c \
	launcher/option_device.c \
	launcher/option_place.c \
	launcher/option_type.c \
	launcher/option_net.c \
	launcher/option_port.c \
	launcher/option_share.c \
	launcher/backend.c \
	launcher/backend_child.c \
	launcher/disk.c \
	launcher/program.c \
	launcher/guest_boot.c \
	launcher/guest_init.c \
	launcher/guest_shares.c \
	launcher/initramfs.c \
	launcher/initramfs_cache.c \
	launcher/kernel_list.c \
	launcher/kernel_needs.c \
	launcher/library_late.c \
	launcher/unit_backends.c \
	launcher/unit_guest.c \
	launcher/virtiofsd.c \
	launcher/option_vsock.c \
	launcher/placement.c \
	launcher/pci_command.c \
	launcher/pci_print.c \
	launcher/plan_command.c \
	launcher/run.c \
	launcher/run_command.c \
	launcher/stderr_log.c \
	launcher/suggest.c \
	launcher/tap.c \
	launcher/tap_macvtap.c \
	launcher/terminal.c \

# What thole-agent is built from beside its agent.c, in guests and in thole alike.
AGENT_SRCS := \
	launcher/agent/child.c \
	launcher/agent/flow.c \
	launcher/agent/frame.c \
	launcher/agent/guest.c \
	launcher/agent/link.c \
	launcher/agent/order.c \
	launcher/agent/process.c \
	launcher/agent/session.c \
	vmm/log.c \
	vmm/loop.c \

LAUNCHER_SRCS += $(filter launcher/%,$(AGENT_SRCS))

# The first program of a guest with kernel=auto: static, since it is alone there, and the same for every build.
GUEST_SRCS := \
	launcher/guest/init.c \
	launcher/guest/init_config.c \
	launcher/guest/init_mount.c \
	launcher/guest/init_run.c \

