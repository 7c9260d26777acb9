/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent_image.h - the static program thole-agent, carried in thole itself. Constant; any thread. */
#ifndef LAUNCHER_AGENT_IMAGE_H
#define LAUNCHER_AGENT_IMAGE_H

extern const char agent_image[], agent_image_end[];

#endif
