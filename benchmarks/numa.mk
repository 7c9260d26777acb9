# SPDX-License-Identifier: GPL-2.0-or-later
# numa.mk - how `make bench-numa` is built and run.

$(B)/benchmarks/compute $(B)/benchmarks/fill: $(B)/benchmarks/crew.o
$(B)/benchmarks/compute $(B)/benchmarks/fill: LDLIBS := $(LIB) $(LDLIBS)

.PHONY: bench-numa
bench-numa: ## measure memory: filling it, and its speed in a guest, by page size
	$(Q)configs/packages build bench
	$(Q)$(MAKE) $(JOBS) all benches
	$(Q)THOLE=$(abspath $(PROGRAM)) BENCH=$(B)/benchmarks benchmarks/bench-numa $(BENCH_NUMA_OPTIONS)
