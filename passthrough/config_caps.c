/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_caps.c - capabilities by number (PCI Code and ID Assignment 1.11, 2 and 3).
 *
 * Shown is what a driver needs to run its device. Hidden is what describes a link or a bus that the guest does
 * not have, what would move the device's resources behind the host's back, and what nobody here knows.
 */
#include "passthrough/config_caps.h"

/* clang-format off */
static const struct cap_rule rules[] = {
	{ 0x01, CAP_EMULATED, 8, "power management", "the state is kept for the guest; the device stays in D0" },
	{ 0x02, CAP_HIDDEN, 0, "AGP", "there is no such bus" },
	{ 0x03, CAP_PASSED, 8, "vital product data", "VFIO goes through the host's own access" },
	{ 0x04, CAP_HIDDEN, 0, "slot identification", "it is about the host's slot" },
	{ 0x05, CAP_EMULATED, 0, "MSI", "the host has its messages; the guest's go to KVM" },
	{ 0x06, CAP_HIDDEN, 0, "CompactPCI hot swap", "it is about the host's slot" },
	{ 0x07, CAP_READ, 8, "PCI-X", "drivers look at it; its settings are the host's bus's" },
	{ 0x08, CAP_HIDDEN, 0, "HyperTransport", "it maps interrupts in ways that are the host's" },
	{ 0x09, CAP_PASSED, 0, "vendor specific", "its driver is the only one who knows" },
	{ 0x0a, CAP_HIDDEN, 0, "debug port", "the host may be using it" },
	{ 0x0b, CAP_HIDDEN, 0, "CompactPCI resources", "it is about the host's bus" },
	{ 0x0c, CAP_HIDDEN, 0, "hot-plug", "it is about the host's slot" },
	{ 0x0d, CAP_READ, 8, "bridge subsystem", "two numbers" },
	{ 0x0e, CAP_HIDDEN, 0, "AGP 8x", "there is no such bus" },
	{ 0x0f, CAP_HIDDEN, 0, "secure device", "keys and measurements are the host's business" },
	{ 0x10, CAP_EMULATED, 0, "PCI Express", "an endpoint without a link; device control is passed, with its reset" },
	{ 0x11, CAP_EMULATED, 12, "MSI-X", "the host has its messages; the guest's go to KVM" },
	{ 0x12, CAP_READ, 8, "SATA", "it says where registers are" },
	{ 0x13, CAP_PASSED, 6, "advanced features", "function level reset of devices without PCI Express" },
	{ 0x14, CAP_HIDDEN, 0, "enhanced allocation", "fixed addresses of the host mean nothing to the guest" },
	{ 0x15, CAP_HIDDEN, 0, "flattening portal bridge", "a bridge's" },
};

static const struct cap_rule extended[] = {
	{ 0x01, CAP_HIDDEN, 0, "advanced error reporting", "the host hears of errors and logs them; the machine is then ended" },
	{ 0x02, CAP_HIDDEN, 0, "virtual channel", "it arbitrates the host's link" },
	{ 0x03, CAP_READ, 12, "serial number", "a number" },
	{ 0x04, CAP_HIDDEN, 0, "power budgeting", "power is the host's" },
	{ 0x05, CAP_HIDDEN, 0, "root complex links", "the guest has none of them" },
	{ 0x09, CAP_HIDDEN, 0, "virtual channel", "it arbitrates the host's link" },
	{ 0x0b, CAP_PASSED, 0, "vendor specific", "its driver is the only one who knows" },
	{ 0x0d, CAP_HIDDEN, 0, "access control", "it is what keeps this device apart from others" },
	{ 0x0e, CAP_HIDDEN, 0, "alternative routing", "function numbers differ in the guest" },
	{ 0x0f, CAP_HIDDEN, 0, "address translation", "the guest has no IOMMU to ask" },
	{ 0x10, CAP_HIDDEN, 0, "SR-IOV", "virtual functions are made on the host: thole pci vfs" },
	{ 0x11, CAP_HIDDEN, 0, "MR-IOV", "the guest has one root" },
	{ 0x12, CAP_HIDDEN, 0, "multicast", "it writes to other devices of the host" },
	{ 0x13, CAP_HIDDEN, 0, "page requests", "the guest has no IOMMU to answer" },
	{ 0x15, CAP_HIDDEN, 0, "resizable BARs", "sizes are settled before the guest starts" },
	{ 0x16, CAP_HIDDEN, 0, "dynamic power", "power is the host's" },
	{ 0x17, CAP_HIDDEN, 0, "processing hints", "they name the host's processors" },
	{ 0x18, CAP_HIDDEN, 0, "latency tolerance", "there is no link" },
	{ 0x19, CAP_HIDDEN, 0, "secondary PCI Express", "there is no link" },
	{ 0x1b, CAP_HIDDEN, 0, "process address spaces", "the guest has no IOMMU that knows them" },
	{ 0x1d, CAP_HIDDEN, 0, "port containment", "a port's" },
	{ 0x1e, CAP_HIDDEN, 0, "L1 substates", "there is no link" },
	{ 0x1f, CAP_HIDDEN, 0, "precision time", "there is no link" },
	{ 0x22, CAP_HIDDEN, 0, "readiness time", "resets are done by the host" },
	{ 0x23, CAP_READ, 0, "designated vendor specific", "it describes; what it controls may reach beyond the function" },
	{ 0x24, CAP_HIDDEN, 0, "resizable BARs of VFs", "sizes are settled before the guest starts" },
	{ 0x25, CAP_HIDDEN, 0, "data link feature", "there is no link" },
	{ 0x26, CAP_HIDDEN, 0, "physical layer 16 GT/s", "there is no link" },
	{ 0x27, CAP_HIDDEN, 0, "lane margining", "there is no link" },
	{ 0x2a, CAP_HIDDEN, 0, "physical layer 32 GT/s", "there is no link" },
	{ 0x2e, CAP_HIDDEN, 0, "data object exchange", "keys and measurements are the host's business" },
};
/* clang-format on */

static const struct cap_rule unknown = { 0, CAP_HIDDEN, 0, "unknown", "nobody here knows what it does" };

static const struct cap_rule *find(const struct cap_rule *rule, size_t nr, uint16_t id)
{
	for (size_t i = 0; i < nr; i++)
		if (rule[i].id == id)
			return &rule[i];
	return &unknown;
}

const struct cap_rule *cap_rule(uint8_t id)
{
	return find(rules, ARRAY_SIZE(rules), id);
}

const struct cap_rule *cap_rule_extended(uint16_t id)
{
	return find(extended, ARRAY_SIZE(extended), id);
}
