/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats_file.h - a run's counters as a JSON file: thole's own by exit reason, KVM's by name.
 *
 * Threads: one, with the vCPUs stopped and not yet freed. Errors: negative errno, reported.
 */
#ifndef LAUNCHER_STATS_FILE_H
#define LAUNCHER_STATS_FILE_H

#include <jansson.h>

#include "vmm/stats.h"
#include "vmm/vcpu.h"
#include "vmm/vm.h"

/* A vCPU's exits by reason, {"io": 12}; NULL: out of memory. */
json_t *stats_exits(const struct vcpu *v);

/* KVM's statistics of a VM or vCPU: a number each, histograms as arrays. Null where there are none. */
json_t *stats_kvm(int fd);
/* The same of statistics that are open and read. */
json_t *stats_json(const struct stats *s);

/* The file appears whole or not at all. */
int stats_file_write(const char *path, const struct vm *vm, const struct vcpus *vcpus) must_check;

#endif
