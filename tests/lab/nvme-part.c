/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nvme-part.c - give a virtual function of an NVMe drive what it needs, as `nvme virt-mgmt` does: queues and
 * interrupts before it is there, and its being turned on when it is.
 *
 *	nvme-part /dev/nvmeN FUNCTION queues|interrupts COUNT
 *	nvme-part /dev/nvmeN FUNCTION on
 *
 * NVM Express base specification 2.0, 5.33 (Virtualization Management); FUNCTION is its controller's id, from 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define VIRTUALIZATION 0x1c
#define ASSIGN	       8u
#define ONLINE	       9u

int main(int argc, char **argv)
{
	int interrupts = argc == 5 && strcmp(argv[3], "interrupts") == 0;
	int on = argc == 4 && strcmp(argv[3], "on") == 0, fd, r;
	struct nvme_admin_cmd cmd = { .opcode = VIRTUALIZATION };

	if (!on && !interrupts && !(argc == 5 && strcmp(argv[3], "queues") == 0)) {
		fputs("usage: see nvme-part.c\n", stderr);
		return 2;
	}
	cmd.cdw10 = (uint32_t)strtoul(argv[2], NULL, 10) << 16 | (uint32_t)interrupts << 8 | (on ? ONLINE : ASSIGN);
	cmd.cdw11 = on ? 0 : (uint32_t)strtoul(argv[4], NULL, 10);
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	r = fd < 0 ? -1 : ioctl(fd, NVME_IOCTL_ADMIN_CMD, &cmd);
	if (r != 0)
		fprintf(stderr, "%s: %s (status %#x)\n", argv[1], r < 0 ? strerror(errno) : "refused", r);
	return r != 0;
}
