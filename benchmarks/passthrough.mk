# SPDX-License-Identifier: GPL-2.0-or-later
# passthrough.mk - how `make bench-passthrough` is built and run.

PASSED := $(B)/tests/lab/guest-passed

$(PASSED): tests/lab/guest-passed.c
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -static -Os $(WARN) -o $@ $<

.PHONY: bench-passthrough
bench-passthrough: ## measure a drive that is handed over, in the lab, beside QEMU's vfio-pci
	$(Q)configs/packages build lab bench
	$(Q)$(MAKE) $(JOBS) all benches $(GUEST_INIT) $(PASSED)
	$(Q)THOLE=$(abspath $(PROGRAM)) BENCH=$(B)/benchmarks GUESTS=$(B)/tests/lab benchmarks/bench-passthrough \
		$(BENCH_PASSTHROUGH_OPTIONS)
