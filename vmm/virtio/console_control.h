/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console_control.h - the control queues of virtio-console; on the event loop. */
#ifndef VMM_VIRTIO_CONSOLE_CONTROL_H
#define VMM_VIRTIO_CONSOLE_CONTROL_H

#include "vmm/virtio/console.h"

#define CONSOLE_CONTROL_IN  2u /* the queues' numbers (virtio 1.2, 5.3.2) */
#define CONSOLE_CONTROL_OUT 3u

/* Read what the guest says, tell what it has yet to be told. */
void console_control(struct virtio_console *c);

#endif
