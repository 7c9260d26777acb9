# SPDX-License-Identifier: GPL-2.0-or-later
# vmm.mk - what `make bench-vmm` compares the monitor with, and its run.

FLOOR     := $(B)/benchmarks/floor
FIRMWARES := $(B)/benchmarks/guest/leave.bin $(B)/benchmarks/guest/stay.bin
INITRD    := $(B)/benchmarks/initrd

$(B)/benchmarks/interleave $(B)/tests/unit/test_sample: $(B)/benchmarks/sample.o
$(B)/tests/unit/test_sample: $(B)/benchmarks/verdict.o
$(B)/benchmarks/interleave $(B)/tests/unit/test_slices: $(B)/benchmarks/slices.o
$(B)/tests/unit/test_sample: LDLIBS += -lm

# Static, as nothing starts faster; and never with sanitizers.
$(FLOOR): benchmarks/floor.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -std=gnu11 -O2 $(WARN) -static -MMD -MP -o $@ $<

$(FIRMWARES): $(B)/%.bin: %.S
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -c -o $(@:.bin=.o) $< && objcopy -O binary -j .text $(@:.bin=.o) $@

$(B)/benchmarks/guest/init: benchmarks/guest/init.c
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(PAYLOAD_CFLAGS) $(PAYLOAD_LDFLAGS) -o $@ $<

$(INITRD): $(B)/benchmarks/guest/init tests/lab/make-initrd
	$(Q)tests/lab/make-initrd $@ $<

BENCH_VMM := THOLE=$(abspath $(PROGRAM)) BENCH=$(B)/benchmarks benchmarks/bench-vmm $(BENCH_VMM_OPTIONS)

benches: $(FLOOR) $(FIRMWARES) $(INITRD)

.PHONY: bench-vmm
bench-vmm: ## measure the monitor: start-up, exits, memory, Linux in the lab
	$(Q)configs/packages build lab bench
	$(Q)$(MAKE) $(JOBS) all benches
	$(Q)$(BENCH_VMM)

.PHONY: bench-vmm-lab
bench-vmm-lab: ## of that, only Linux in the lab
	$(Q)configs/packages build lab bench
	$(Q)$(MAKE) $(JOBS) all benches
	$(Q)$(BENCH_VMM) --only-lab
