/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_host.c - is /dev/kvm good enough for what is asked? And, meanwhile, what machine is this? */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "launcher/machine.h"
#include "vmm/log.h"

static int host_start(struct machine *m)
{
	int err = kvm_open(&m->kvm, "/dev/kvm");

	if (err)
		return err;
	survey_begin(&m->survey);
	if (m->cfg->cpus > m->kvm.max_vcpus) {
		err = log_errno(-EINVAL, "cpus: %u are too many: this host's KVM takes at most %u", m->cfg->cpus,
			m->kvm.max_vcpus);
		goto err_close;
	}
	ipi_host_read(&m->ipi_host, "");
	m->ipi = ipi_policy(&m->ipi_host);
	m->supported = kvm_supported_cpuid(&m->kvm, &err);
	if (!m->supported)
		goto err_close;
	/* Long before it is needed: what follows waits for the survey. */
	m->vm_fd = vm_open(&m->kvm);
	if (m->vm_fd >= 0)
		return 0;
	err = m->vm_fd; /* reported */
	free(m->supported);
err_close:
	survey_end(&m->survey);
	kvm_close(&m->kvm);
	return err;
}

static void host_stop(struct machine *m)
{
	if (m->vm_fd >= 0)
		close(m->vm_fd);
	free(m->supported);
	survey_end(&m->survey);
	kvm_close(&m->kvm);
}

const struct unit host_unit = { "host", host_start, host_stop };
