# SPDX-License-Identifier: GPL-2.0-or-later
# numa.mk - how `make bench-numa` is built and run.

$(B)/benchmarks/compute: $(B)/benchmarks/compute.o $(LIB)
$(B)/benchmarks/fill: $(B)/benchmarks/fill.o $(LIB)

.PHONY: bench-numa
bench-numa: ## measure memory: filling it, and its speed in a guest, by page size
	$(Q)configs/packages build bench
	$(Q)$(MAKE) $(JOBS) all benches
	$(Q)THOLE=$(abspath $(PROGRAM)) BENCH=$(B)/benchmarks benchmarks/bench-numa $(BENCH_NUMA_OPTIONS)
