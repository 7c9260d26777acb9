# What benchmarks/ is built from, one file a line.

# benchmarks/NAME.c: payloads that measure, run natively by benchmarks/native as well.
BENCH_PAYLOADS := \
	payload_triad \

# benchmarks/NAME.c: programs, linked with all of thole but main().
BENCH_PROGRAMS := \
	native \

# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmarks: programs, guests, and what runs them.

BENCH        := $(B)/benchmarks
BENCH_TOOLS  := $(BENCH)/interleave $(BENCH)/floor
BENCH_ROMS   := $(BENCH)/guest/leave.bin $(BENCH)/guest/stay.bin
BENCH_GUESTS := exit io wait
BENCH_ELFS   := $(BENCH_GUESTS:%=$(BENCH)/guest/%.elf)

$(BENCH)/interleave: $(BENCH)/interleave.o $(BENCH)/sample.o
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -ljansson

# Static, as nothing starts faster; and never with sanitizers.
$(BENCH)/floor: benchmarks/floor.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -std=gnu11 -O2 $(WARN) -static -o $@ $<

$(B)/tests/unit/test_sample: $(BENCH)/sample.o
$(B)/tests/unit/test_sample: LDLIBS += -lm

$(BENCH_ELFS): $(BENCH)/guest/%.elf: benchmarks/guest/%.c vmm/boot/payload.lds
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -Ivmm/include $(PAYLOAD_CFLAGS) $(PAYLOAD_LDFLAGS) -MMD -MP \
		-Wl,-T,vmm/boot/payload.lds -o $@ $<

# QEMU's firmware: flat, its last 16 bytes are where the processor starts.
$(BENCH_ROMS): %.bin: %.o
	$(Q)objcopy -O binary -j .text $< $@

$(BENCH)/guest/%.o: benchmarks/guest/%.S
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -c -o $@ $<

$(BENCH)/guest/init: benchmarks/guest/init.c
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(PAYLOAD_CFLAGS) $(PAYLOAD_LDFLAGS) -o $@ $<

$(BENCH)/initrd: $(BENCH)/guest/init tests/lab/make-initrd
	$(Q)tests/lab/make-initrd $@ $<

BENCH_VMM := THOLE=$(abspath $(PROGRAM)) BENCH=$(BENCH) benchmarks/bench-vmm

.PHONY: bench-vmm bench-vmm-lab
bench-vmm: $(PROGRAM) $(BENCH_TOOLS) $(BENCH_ELFS) $(BENCH_ROMS) $(BENCH)/initrd ## measure the monitor: start, exits, memory
	$(Q)$(BENCH_VMM) $(BENCH_VMM_OPTIONS)

bench-vmm-lab: $(PROGRAM) $(BENCH_TOOLS) $(BENCH)/initrd ## only how soon Linux is up, in the lab
	$(Q)$(BENCH_VMM) --only-lab $(BENCH_VMM_OPTIONS)
