# SPDX-License-Identifier: GPL-2.0-or-later
# exec.mk - the run of what measures thole exec.

.PHONY: bench-exec
bench-exec: ## measure thole exec in the lab: a program's start, a machine's boot
	$(Q)configs/packages build lab bench
	$(Q)$(MAKE) $(JOBS) all
	$(Q)THOLE=$(abspath $(PROGRAM)) benchmarks/bench-exec $(BENCH_EXEC_OPTIONS)
