# SPDX-License-Identifier: GPL-2.0-or-later
# install.mk - manual pages from their templates, and what goes where in the file system.

BINDIR        ?= $(PREFIX)/bin
INCLUDEDIR    ?= $(PREFIX)/include/thole
DATADIR       ?= $(PREFIX)/share
MANDIR        ?= $(DATADIR)/man
DOCDIR        ?= $(DATADIR)/doc/thole
LIBEXECDIR    ?= $(PREFIX)/libexec/thole
COMPLETIONDIR ?= $(DATADIR)/bash-completion/completions
UNITDIR       ?= $(PREFIX)/lib/systemd/system

INSTALL_HEADERS := vmm/include/thole/payload.h vmm/include/thole/detour.h vmm/boot/payload.lds
INSTALL_DOCS    := COPYING $(wildcard README.md)
INSTALL_BENCH   := thole-bench native initrd $(BENCH_PAYLOADS:%=%.elf) $(BENCH_MPI_PROGRAMS)
INSTALL_CONFIGS := $(sort $(wildcard configs/*.cfg configs/slurm-* configs/bench-*))
INSTALL_UNITS   := $(sort $(notdir $(wildcard configs/*.service configs/*.timer)))
MAN             := $(B)/launcher/thole.1 $(B)/launcher/thole.cfg.5

# They change when the places do.
$(B)/places: PLACES = $(DOCDIR) $(UNITDIR) $(BINDIR) $(LIBEXECDIR)
$(B)/places: FORCE
	$(Q)mkdir -p $(@D) && echo $(PLACES) | cmp -s - $@ || echo $(PLACES) >$@

# systemd's units run what is installed, wherever that is.
$(INSTALL_UNITS:%=$(B)/configs/%): $(B)/configs/%: configs/% $(B)/places
	$(Q)mkdir -p $(@D) && sed 's,/usr/local/bin,$(BINDIR),g; s,/usr/local/libexec/thole,$(LIBEXECDIR),g' $< >$@

.PHONY: FORCE
FORCE:

# The options in them are the program's own account of itself.
$(MAN): $(B)/%: %.in launcher/man.awk $(PROGRAM) $(B)/places
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D) && $(abspath $(PROGRAM)) --dump-options >$@.options
	$(Q)awk -v docdir=$(DOCDIR) -v unitdir=$(UNITDIR) -f launcher/man.awk - $< <$@.options >$@.new && mv $@.new $@

.PHONY: man
man: $(MAN) ## make the manual pages, in build/

# Source and place of each file, one pair a line, for install and uninstall alike.
define INSTALLED
0755 $(PROGRAM) $(BINDIR)/thole
0755 $(AGENT) $(LIBEXECDIR)/thole-agent
0644 $(B)/launcher/thole.1 $(MANDIR)/man1/thole.1
0644 $(B)/launcher/thole.cfg.5 $(MANDIR)/man5/thole.cfg.5
0644 launcher/thole.bash $(COMPLETIONDIR)/thole
$(foreach f,$(INSTALL_BENCH),0755 $(B)/benchmarks/$f $(LIBEXECDIR)/$f$(newline))
$(foreach f,$(INSTALL_HEADERS),0644 $f $(INCLUDEDIR)/$(notdir $f)$(newline))
$(foreach f,$(INSTALL_DOCS),0644 $f $(DOCDIR)/$(notdir $f)$(newline))
$(foreach f,$(INSTALL_CONFIGS),0644 $f $(DOCDIR)/configs/$(notdir $f)$(newline))
$(foreach f,$(INSTALL_UNITS),0644 $(B)/configs/$f $(UNITDIR)/$f$(newline))
endef

define newline


endef

export INSTALLED

.PHONY: install
install: $(PROGRAM) $(AGENT) $(MAN) $(INSTALL_BENCH:%=$(B)/benchmarks/%) $(INSTALL_UNITS:%=$(B)/configs/%) ## install under PREFIX (/usr/local), with DESTDIR before it
	$(Q)printf '%s\n' "$$INSTALLED" | while read -r mode from to; do \
		[ -z "$$to" ] || install -D -m $$mode "$$from" "$(DESTDIR)$$to" || exit 1; done

.PHONY: uninstall
uninstall: ## remove what install put there
	$(Q)printf '%s\n' "$$INSTALLED" | while read -r mode from to; do \
		[ -z "$$to" ] || rm -f "$(DESTDIR)$$to"; done
	$(Q)for dir in $(LIBEXECDIR)/kernels $(LIBEXECDIR)/guest $(LIBEXECDIR)/mpi $(LIBEXECDIR) $(DOCDIR)/configs $(DOCDIR) $(INCLUDEDIR); do \
		[ ! -d "$(DESTDIR)$$dir" ] || rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$dir"; done
