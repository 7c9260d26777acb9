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
BENCH_GUESTS := exit io wait
BENCH_ELFS   := $(BENCH_GUESTS:%=$(BENCH)/guest/%.elf)

$(BENCH)/interleave: $(BENCH)/interleave.o $(BENCH)/sample.o
$(BENCH)/floor: $(BENCH)/floor.o

$(BENCH_TOOLS):
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(BENCH_LIBS)

$(BENCH)/interleave: BENCH_LIBS := -ljansson

$(B)/tests/unit/test_sample: $(BENCH)/sample.o
$(B)/tests/unit/test_sample: LDLIBS += -lm

$(BENCH_ELFS): $(BENCH)/guest/%.elf: benchmarks/guest/%.c vmm/boot/payload.lds
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -Ivmm/include $(PAYLOAD_CFLAGS) $(PAYLOAD_LDFLAGS) -MMD -MP \
		-Wl,-T,vmm/boot/payload.lds -o $@ $<
