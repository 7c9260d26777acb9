# SPDX-License-Identifier: GPL-2.0-or-later
# bench.mk - how thole-bench is built, which `thole bench` runs.

# benchmarks/bench/NAME.c
BENCH_SRCS := \
	bar \
	baseline \
	side_command \
	counters \
	detours \
	document \
	explain \
	group_counters \
	group_applications \
	group_events \
	group_life \
	group_memory \
	group_mpi \
	group_noise \
	gnuplot \
	html \
	html_page \
	machine \
	manifest \
	mpi_job \
	output \
	page \
	plots \
	plots_mpi \
	plots_noise \
	pool \
	process \
	runner \
	schema \
	suite \
	table \
	text \
	values \

THOLE_BENCH := $(B)/benchmarks/thole-bench
BENCH_LIB   := $(B)/benchmarks/libbench.a

$(BENCH_LIB): $(BENCH_SRCS:%=$(B)/benchmarks/bench/%.o) $(B)/benchmarks/sample.o $(B)/benchmarks/slices.o \
	$(B)/benchmarks/verdict.o
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(THOLE_BENCH): $(B)/benchmarks/bench/main.o $(BENCH_LIB) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lpapi -lm

$(B)/tests/unit/test_bench $(B)/tests/unit/test_bench_counters $(B)/tests/unit/test_bench_turns: $(BENCH_LIB)
$(B)/tests/unit/test_bench $(B)/tests/unit/test_bench_turns: LDLIBS := $(BENCH_LIB) $(LIB) $(LDLIBS) -lpapi -lm
$(B)/tests/unit/test_bench_counters: LDLIBS := $(BENCH_LIB) $(LIB) $(LDLIBS) -lm

$(B)/tests/fuzz/bench_output: $(B)/benchmarks/bench/output.o

# The report's style sheet and gnuplot's scripts go into the program as text.
$(B)/benchmarks/bench/page.o: $(wildcard benchmarks/bench/page/*)

# Tests of the command line run it.
benches unit: $(THOLE_BENCH)

# MPI programs are the guest's and the host's, so they are compiled by MPICH's compiler, with no option of thole's build.
# Without it thole bench says what is missing.
MPICC := $(firstword $(foreach c,mpicc.mpich /usr/lib64/mpich/bin/mpicc,$(shell command -v $c 2>/dev/null)))
ifneq ($(MPICC),)
BENCH_MPI_PROGRAMS := $(BENCH_MPI:%=mpi/%) mpi/hpcc-run
endif

$(BENCH_MPI:%=$(B)/benchmarks/mpi/%): $(B)/benchmarks/mpi/%: benchmarks/mpi/%.c benchmarks/mpi/kit.h
	$(call say,MPICC,$@)
	$(Q)mkdir -p $(@D) && $(MPICC) -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow -Wno-stringop-overflow -I. -o $@ $< -lm

$(B)/benchmarks/mpi/hpcc-run: benchmarks/mpi/hpcc-run
	$(Q)install -D -m 755 $< $@

benches: $(BENCH_MPI_PROGRAMS:%=$(B)/benchmarks/%)

# In ring 0 there are interrupts at any moment, and nobody saves other registers.
$(patsubst %,$(B)/benchmarks/kernels/%.elf,bell ipi mmio msr timer): PAYLOAD_CFLAGS += -mgeneral-regs-only
