/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_print.h - the host's PCI functions, for people and for programs.
 *
 * Threads: main only. Errors: 0 or -errno, not reported.
 */
#ifndef LAUNCHER_PCI_PRINT_H
#define LAUNCHER_PCI_PRINT_H

#include <stdio.h>

#include "passthrough/pci_verdict.h"

/* A function, what is decided about it, and its names from the list of PCI ids ("" if that has none). */
struct pci_row {
	const struct pci_dev *dev;
	struct pci_verdict verdict;
	char name[160];
	char class_name[64];
};

void pci_print(const struct pci_devs *devs, const struct pci_row *row, uint32_t nr, FILE *out);
int pci_json(const struct pci_devs *devs, const struct pci_row *row, uint32_t nr, FILE *out) must_check;

#endif
