# SPDX-License-Identifier: GPL-2.0-or-later
# quiet.mk - how `make bench-quiet` is built and run.

.PHONY: bench-quiet
bench-quiet: ## measure noise: time that a guest loses, and exits beside QEMU's in the lab
	$(Q)configs/packages build run lab bench
	$(Q)$(MAKE) $(JOBS) all benches payloads $(B)/benchmarks/guest/stay.bin
	$(Q)THOLE=$(abspath $(PROGRAM)) BENCH=$(B)/benchmarks benchmarks/bench-quiet $(BENCH_QUIET_OPTIONS)
