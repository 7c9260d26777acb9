# SPDX-License-Identifier: GPL-2.0-or-later
# thole - see README.md. `make help` lists the targets.

PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0

# What is built where. Objects of different compilers and of sanitizer builds never mix.
VARIANT := $(notdir $(firstword $(CC)))$(if $(SAN),-san)$(if $(FUZZING),-fuzz)
B       := build/$(VARIANT)
MAKEFLAGS += --no-print-directory
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

include vmm/files.mk numa/files.mk sched/files.mk ipi/files.mk passthrough/files.mk launcher/files.mk
include tests/files.mk benchmarks/files.mk

PKGS     := libconfig jansson
PKGS_LATE := hwloc zlib libarchive libkmod libmnl libpci # headers; loaded at run time, see vmm/late.h
CPPFLAGS += -I. -Ivmm/include -I$(B) -D_GNU_SOURCE -DTHOLE_VERSION='"$(VERSION)"'
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wundef -Werror -Werror=int-conversion
OPT      ?= -O2 -g
CFLAGS   += -std=gnu11 $(OPT) $(WARN) -fno-strict-aliasing -fstack-protector-strong -pthread
LDFLAGS  += -pthread
ifdef SAN
CFLAGS   += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=address,undefined
endif
ifdef FUZZING
CFLAGS   += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS  += -fsanitize=fuzzer,address,undefined
endif
CFLAGS   += $(shell pkg-config --cflags $(PKGS) $(PKGS_LATE) 2>/dev/null)
# Loading a small library takes longer than what most runs need of it: part of the program, where there is an archive.
archive   = $(filter /%,$(shell $(CC) -print-file-name=$(1:-l%=lib%.a)))
LDLIBS   += $(foreach l,$(shell pkg-config --libs $(PKGS) 2>/dev/null),$(or $(call archive,$(l)),$(l))) -lnuma

# Without its libraries nothing compiles; say so at once, and how to get them.
ifeq ($(shell pkg-config --exists $(PKGS) $(PKGS_LATE) 2>/dev/null && echo yes),)
ifneq ($(filter-out clean help check demo check-long check-vtx lint layers bench-vmm bench-vmm-lab bench-numa bench-quiet bench-net bench-exec bench-passthrough,$(or $(MAKECMDGOALS),all)),)
$(error A library is missing; `configs/packages build` says which package has it ($(PKGS) $(PKGS_LATE), libnuma))
endif
endif

LIB_SRCS := $(VMM_SRCS) $(NUMA_SRCS) $(SCHED_SRCS) $(IPI_SRCS) $(PASSTHROUGH_SRCS) $(LAUNCHER_SRCS)
LIB      := $(B)/libthole.a
UNIT     := $(UNIT_TESTS:%=$(B)/tests/unit/%)

PROGRAM := $(if $(SAN),$(B)/thole,thole)
comma   := ,
AGENT   := $(B)/launcher/agent/thole-agent

.PHONY: all
all: $(PROGRAM) $(AGENT) ## build the program; CC=clang, SAN=1 (sanitizers), V=1 (show commands)

$(PROGRAM): $(B)/launcher/main.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# It has to run in any guest, so it brings all it needs. Sanitizers want their libraries. thole carries it.
$(AGENT): $(B)/launcher/agent/agent.o $(AGENT_SRCS:%.c=$(B)/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(subst =fuzzer$(comma),=,$(LDFLAGS)) $(if $(SAN)$(FUZZING),,-static) -o $@ $^

$(B)/launcher/agent_image.o: launcher/agent_image.S $(AGENT)
	$(call say,AS,$<)
	$(Q)$(CC) -DAGENT_FILE='"$(AGENT)"' -c -o $@ $<

$(LIB): $(LIB_SRCS:%.c=$(B)/%.o) $(B)/launcher/agent_image.o
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The DSDT: compiled by iasl, then its bytes as a C array's.
IASL ?= iasl
$(B)/vmm/acpi/dsdt.inc: vmm/acpi/dsdt.asl
	$(call say,IASL,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(IASL) -vr -we -p $(@:.inc=.aml) $< >$(@:.inc=.log) 2>&1 || { cat $(@:.inc=.log); exit 1; }
	$(Q)od -An -v -tx1 $(@:.inc=.aml) | sed 's/[0-9a-f][0-9a-f]/0x&,/g' >$@

$(B)/vmm/acpi/dsdt.o: $(B)/vmm/acpi/dsdt.inc

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka -lz

# The first program of guests with kernel=auto goes into thole as bytes.
GUEST_FIRST := $(B)/launcher/guest/init

$(GUEST_FIRST): $(GUEST_SRCS) launcher/guest/guest.h
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -Os $(WARN) -D_GNU_SOURCE -I. -static -s -o $@ $(GUEST_SRCS)

$(B)/launcher/guest_init.o: $(GUEST_FIRST)
$(B)/launcher/guest_init.o: CPPFLAGS += -DGUEST_INIT_AT='"$(GUEST_FIRST)"'

# Guests: no libc, no sanitizers, whatever the build of thole. See vmm/include/thole/payload.h.
PAYLOAD_ELFS    := $(PAYLOADS:%=$(B)/tests/payload/%.elf) $(MULTIBOOT_KERNELS:%=$(B)/tests/payload/%.elf)
PAYLOAD_CFLAGS  := -std=gnu11 -O2 -g $(WARN) -ffreestanding -fno-stack-protector -fno-pic \
	-fno-asynchronous-unwind-tables -fcf-protection=none
PAYLOAD_LDFLAGS := -static -nostdlib -Wl,--build-id=none -Wl,-z,noexecstack

$(PAYLOADS:%=$(B)/tests/payload/%.elf): $(B)/tests/payload/%.elf: tests/payload/%.c vmm/boot/payload.lds
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -Ivmm/include $(PAYLOAD_CFLAGS) $(PAYLOAD_LDFLAGS) -MMD -MP \
		-Wl,-T,vmm/boot/payload.lds -o $@ $<

$(MULTIBOOT_KERNELS:%=$(B)/tests/payload/%.elf): $(B)/tests/payload/%.elf: tests/payload/%.S \
	tests/payload/multiboot.lds
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -m32 $(PAYLOAD_LDFLAGS) -MMD -MP \
		-Wl,-T,tests/payload/multiboot.lds -o $@ $<

.PHONY: payloads
payloads: $(PAYLOAD_ELFS) ## build the test guests

# Benchmarks: the payloads among them are built like any other, the programs like thole.
BENCH := $(BENCH_PROGRAMS:%=$(B)/benchmarks/%) $(BENCH_PAYLOADS:%=$(B)/benchmarks/%.elf)

$(BENCH_PAYLOADS:%=$(B)/benchmarks/%.elf): $(B)/benchmarks/%.elf: benchmarks/%.c vmm/boot/payload.lds
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -I. -Ivmm/include $(PAYLOAD_CFLAGS) $(PAYLOAD_LDFLAGS) -MMD -MP \
		-Wl,-T,vmm/boot/payload.lds -o $@ $<

$(BENCH_PROGRAMS:%=$(B)/benchmarks/%): $(B)/benchmarks/%: $(B)/benchmarks/%.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: benches
benches: $(BENCH) ## build the benchmarks

.PHONY: unit
unit: $(UNIT) $(PROGRAM) ## run what needs neither KVM nor time
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP THOLE=$(abspath $(PROGRAM)) CC="$(CC)" SAN=$(SAN) \
		tests/check $(UNIT) $(CLI_TESTS)

# A fuzz target replays its corpus anywhere; to find new inputs takes clang's libFuzzer, which brings
# its own main(). They are kept in build/fuzz/NAME; add what found a bug to tests/fuzz/corpus/NAME.
FUZZ         := $(FUZZ_TARGETS:%=$(B)/tests/fuzz/%)
FUZZ_SECONDS ?= 60

$(FUZZ): $(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(if $(FUZZING),,$(B)/tests/fuzz/replay.o) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: fuzz-replay
fuzz-replay: $(FUZZ) ## run the fuzz targets on their corpora; fuzz-NAME runs the fuzzer
	$(Q)tests/check $(FUZZ)

.PHONY: $(FUZZ_TARGETS:%=fuzz-%)
$(FUZZ_TARGETS:%=fuzz-%): fuzz-%:
	$(Q)$(MAKE) CC=clang FUZZING=1 build/clang-fuzz/tests/fuzz/$*
	$(Q)mkdir -p build/fuzz/$*
	$(Q)build/clang-fuzz/tests/fuzz/$* -max_total_time=$(FUZZ_SECONDS) -max_len=8192 \
		-artifact_prefix=build/fuzz/$*- build/fuzz/$* tests/fuzz/corpus/$*

.PHONY: layers
layers: ## check which folder includes which
	$(Q)tests/layers

# The first process of test guests in the lab: static, since it is alone there.
GUEST_INIT := $(B)/tests/lab/guest-init

$(GUEST_INIT): tests/lab/guest-init.c tests/lab/guest-report.h
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -static -Os -o $@ $<

# What guests and others talk to each other with there.
TALK := $(B)/tests/lab/talk

$(TALK): tests/lab/talk.c
	$(call say,GUEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -Wall -Wextra -static -Os -o $@ $<

JOBS := $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

# Everything that tests run, and what they are told about it. The sanitizers' unit tests and corpora run
# beside the plain ones.
.PHONY: test-programs
test-programs: $(UNIT) $(FUZZ) ## build the tests

TESTS      = $(UNIT) $(FUZZ) $(UNIT:$(B)/%=$(B)-san/%) $(FUZZ:$(B)/%=$(B)-san/%) $(CLI_TESTS) $(PAYLOAD_TESTS) \
	$(LAB_TESTS)
TESTS_LONG = $(LAB_TESTS_LONG)
TEST_ENV   = CMOCKA_MESSAGE_OUTPUT=TAP THOLE=$(abspath $(PROGRAM)) THOLE_BUILD=$(abspath $(B)) CC="$(CC)" SAN=$(SAN)

.PHONY: check
check: ## install what is missing, then run all tests
	$(Q)configs/packages build run lab check
	$(Q)$(MAKE) $(JOBS) check-programs
	$(Q)$(MAKE) check-run

.PHONY: check-programs
check-programs: all man payloads benches test-programs $(GUEST_INIT) $(TALK)
	$(Q)$(MAKE) SAN=1 test-programs

.PHONY: check-run
check-run: layers
	$(Q)$(TEST_ENV) tests/check $(TESTS)

.PHONY: check-long
check-long: check lint ## all tests, the long ones and the second compiler too
	$(Q)$(MAKE) $(JOBS) CC=clang unit
	$(Q)$(TEST_ENV) tests/check $(TESTS_LONG)

.PHONY: check-vtx
check-vtx: ## payloads under VT-x with EPT, emulated, if Bochs is there: optional, takes minutes
	$(Q)configs/packages build run lab check
	$(Q)$(MAKE) $(JOBS) all payloads benches $(GUEST_INIT)
	$(Q)THOLE_VTX=1 $(TEST_ENV) tests/check tests/lab/test-vtx

.PHONY: lint
lint: ## read the code with clang-tidy, cppcheck and shellcheck
	$(Q)configs/packages build lint
	$(Q)$(MAKE) $(B)/vmm/acpi/dsdt.inc
	$(Q)tests/lint $(B)

.PHONY: demo
demo: ## install what is missing, then show thole at work
	$(Q)configs/packages build run lab
	$(Q)$(MAKE) $(JOBS) all man benches $(GUEST_INIT)
	$(Q)benchmarks/demo

.PHONY: lab
lab: all ## a shell in the emulated server that tests run in
	$(Q)tests/lab/lab --shell

.PHONY: clean
clean: ## remove what was built
	$(Q)rm -rf build thole

include benchmarks/vmm.mk benchmarks/numa.mk benchmarks/bench.mk benchmarks/quiet.mk benchmarks/net.mk benchmarks/exec.mk benchmarks/passthrough.mk launcher/install.mk

.PHONY: help
help: ## show this
	$(Q)sed -n 's/^\([a-z][a-z0-9-]*\):.* ## \(.*\)/\1\t\2/p' $(filter %.mk Makefile,$(MAKEFILE_LIST)) | \
		sort | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  %-18s %s\n' "$$name" "$$text"; done

.SECONDARY:

-include $(shell find build -name '*.d' 2>/dev/null)
