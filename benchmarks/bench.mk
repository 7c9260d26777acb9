# SPDX-License-Identifier: GPL-2.0-or-later
# bench.mk - how thole-bench is built, which `thole bench` runs.

# benchmarks/bench/NAME.c
BENCH_SRCS := \
	bar \
	baseline \
	side_command \
	counters \
	document \
	explain \
	group_counters \
	group_events \
	group_life \
	group_memory \
	group_noise \
	gnuplot \
	html \
	html_page \
	machine \
	manifest \
	output \
	plots \
	plots_noise \
	pool \
	process \
	runner \
	schema \
	suite \
	table \
	text \

THOLE_BENCH := $(B)/benchmarks/thole-bench
BENCH_LIB   := $(B)/benchmarks/libbench.a

$(BENCH_LIB): $(BENCH_SRCS:%=$(B)/benchmarks/bench/%.o) $(B)/benchmarks/sample.o $(B)/benchmarks/verdict.o
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(THOLE_BENCH): $(B)/benchmarks/bench/main.o $(BENCH_LIB) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lpapi -lm

$(B)/tests/unit/test_bench: $(BENCH_LIB)
$(B)/tests/unit/test_bench: LDLIBS := $(BENCH_LIB) $(LIB) $(LDLIBS) -lpapi -lm

$(B)/tests/fuzz/bench_output: $(B)/benchmarks/bench/output.o

benches: $(THOLE_BENCH)

# In ring 0 there are interrupts at any moment, and nobody saves other registers.
$(patsubst %,$(B)/benchmarks/kernels/%.elf,ipi mmio msr timer): PAYLOAD_CFLAGS += -mgeneral-regs-only
