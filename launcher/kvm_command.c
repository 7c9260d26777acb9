/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvm_command.c - `thole kvm`: what this host's KVM is and can do, as a table or as JSON. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>

#include "launcher/command.h"
#include "launcher/exit_code.h"
#include "launcher/output.h"
#include "vmm/kvm.h"
#include "vmm/log.h"

static void table_print(const struct kvm *kvm)
{
	printf("back end       %s\n", kvm->backend.name);
	printf("nested paging  %s\n", kvm->backend.nested_paging ? "yes" : "no: payloads only, no Linux guests");
	printf("vCPUs          %u at most, APIC ids below %u\n\n", kvm->max_vcpus, kvm->max_vcpu_id);
	printf("%-24s %-6s %-9s %s\n", "CAPABILITY", "VALUE", "NEEDED", "FOR");
	for (size_t i = 0; i < kvm_caps_nr; i++) {
		int value = kvm_cap_value(kvm, kvm_caps[i].number);
		char text[16] = "-";

		if (value)
			snprintf(text, sizeof(text), "%d", value);
		printf("%-24s %-6s %-9s %s\n", kvm_caps[i].name, text, kvm_caps[i].required ? "required" : "optional",
			kvm_caps[i].use);
	}
}

static int caps_json(const struct kvm *kvm)
{
	json_t *caps = json_array();

	for (size_t i = 0; i < kvm_caps_nr; i++)
		json_array_append_new(caps,
			json_pack("{s:s, s:i, s:b, s:s}", "name", kvm_caps[i].name, "value",
				kvm_cap_value(kvm, kvm_caps[i].number), "required", kvm_caps[i].required, "use",
				kvm_caps[i].use));
	return output_json(json_pack("{s:s, s:b, s:i, s:i, s:o}", "backend", kvm->backend.name, "nested_paging",
		kvm->backend.nested_paging, "max_vcpus", (int)kvm->max_vcpus, "max_vcpu_id",
		(int)kvm->max_vcpu_id, "capabilities", caps));
}

int kvm_command(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	struct kvm kvm;
	int err;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'h') {
			puts("usage: thole kvm [--json]\n\nWhat this host's KVM is and can do.");
			return 0;
		}
		if (c != 'j')
			return EXIT_CODE_FAILED;
		json = true;
	}
	if (optind < argc) {
		log_errno(0, "thole kvm takes no argument '%s'; see thole kvm --help", argv[optind]);
		return EXIT_CODE_FAILED;
	}
	if (kvm_open(&kvm, "/dev/kvm") != 0)
		return EXIT_CODE_FAILED;
	if (json) {
		err = caps_json(&kvm);
	} else {
		table_print(&kvm);
		err = output_end();
	}
	kvm_close(&kvm);
	return err ? EXIT_CODE_FAILED : 0;
}
