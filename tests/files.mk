# The tests, one a line: what `make check` runs and from what it is built.

# tests/unit/NAME.c, each a cmocka program linked with all of thole but main().
UNIT_TESTS := \
	test_exec \
	test_control \
	test_agent \
	test_proof \
	test_quiet \
	test_series \
	test_speed \
	test_file_replace \
	test_kvm \
	test_backend \
	test_backing \
	test_port \
	test_sched \
	test_power \
	test_bench \
	test_bench_counters \
	test_bench_turns \
	test_boot \
	test_boot_elf \
	test_boot_linux \
	test_boot_multiboot \
	test_boot_payload \
	test_bus \
	test_config_args \
	test_config_file \
	test_config_space \
	test_console \
	test_claim \
	test_cpulist \
	test_crash \
	test_culprit \
	test_detour \
	test_doctor \
	test_acpi \
	test_isolation \
	test_isolation_trace \
	test_guest_boot \
	test_host \
	test_host_sysfs \
	test_cpuid \
	test_ipi \
	test_ktext \
	test_image \
	test_inhibit \
	test_layout \
	test_ledger \
	test_log \
	test_kernel_unpack \
	test_mem \
	test_passed \
	test_passed_irq \
	test_passthrough_host \
	test_net \
	test_net_mac \
	test_pci \
	test_progress \
	test_sample \
	test_routes \
	test_serial \
	test_slices \
	test_stats \
	test_option \
	test_osnoise \
	test_survey \
	test_terminal \
	test_plan \
	test_plan_property \
	test_request \
	test_topology \
	test_vhost_user \
	test_vhost_user_faults \
	test_virtio_console \
	test_virtio_master \
	test_virtio_pci \
	test_virtio_pci_msix \
	test_virtio_ring \
	test_vsock \
	test_worker \

# Executable scripts that print TAP and need no more than the program and a shell.
CLI_TESTS := \
	tests/cli/exec \
	tests/cli/bench \
	tests/cli/bench-mpi \
	tests/cli/program \
	tests/cli/man \
	tests/cli/plan \
	tests/cli/completion \
	tests/cli/doctor \
	tests/cli/isolate \
	tests/cli/noise \
	tests/cli/pci \
	tests/cli/install \

# tests/fuzz/NAME.c, each a LLVMFuzzerTestOneInput() whose corpus in tests/fuzz/corpus/NAME/ is
# replayed by `make check`; `make fuzz-NAME` runs the fuzzer itself.
FUZZ_TARGETS := \
	control \
	bench_output \
	agent \
	devices \
	stats \
	config \
	request \
	boot_elf \
	boot_linux \
	boot_multiboot \
	doctor \
	vhost_user \
	virtio_pci \
	virtio_net \
	config_space \
	isolation \
	osnoise \
	slurm \

# tests/payload/NAME.c, guests for `thole run --payload`, linked at payload addresses.
PAYLOADS := \
	busy \
	flood \
	exitcode \
	hello \
	spin \
	ud2 \

# tests/payload/NAME.S, 32-bit multiboot kernels.
MULTIBOOT_KERNELS := \
	mb_hello \
	edu_dma \
	mb_reset \

# Executable scripts that print TAP: on this machine's /dev/kvm, and in the lab.
PAYLOAD_TESTS := \
	tests/payload/test-control \
	tests/payload/test-bench \
	tests/payload/test-payload \
	tests/payload/test-place \
	tests/payload/test-apic \
	tests/payload/test-bad-input \

LAB_TESTS := \
	tests/lab/test-exec \
	tests/lab/test-lab.sh \
	tests/lab/test-linux \
	tests/lab/test-numa \
	tests/lab/test-no-iommu \
	tests/lab/test-passthrough \
	tests/lab/test-passthrough-vf \
	tests/lab/test-virtio \
	tests/lab/test-guest \
	tests/lab/test-vhost \
	tests/lab/test-vtx \

# More of these, which take longer: `make check-long`.
LAB_TESTS_LONG := \
	tests/lab/test-isolation \
	tests/lab/test-isolation-old \
	tests/lab/test-bench \
	tests/lab/test-bench-mpi \
	tests/lab/test-exec-hard \
	tests/lab/test-exec-net \
	tests/lab/test-exec-hosts \
	tests/lab/test-exec-disk \
	tests/lab/test-exec-numa \
	tests/lab/test-slurm \
	tests/lab/test-guest-others \
	tests/lab/test-passthrough-long \
	tests/lab/test-passthrough-loss \

