# SPDX-License-Identifier: GPL-2.0-or-later
# net.mk - how `make bench-net` is built and run.

.PHONY: bench-net
bench-net: ## measure the network between two machines in the lab, beside QEMU's
	$(Q)configs/packages build lab bench
	$(Q)$(MAKE) $(JOBS) all benches $(GUEST_INIT) $(TALK)
	$(Q)THOLE=$(abspath $(PROGRAM)) BENCH=$(B)/benchmarks GUESTS=$(B)/tests/lab benchmarks/bench-net \
		$(BENCH_NET_OPTIONS)
