/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stderr_log.h - log lines on standard error: "thole: warning: …", in colour on a terminal.
 *
 * Threads: install and level before any other thread; lines from any, each in one write.
 */
#ifndef LAUNCHER_STDERR_LOG_H
#define LAUNCHER_STDERR_LOG_H

#include "vmm/log.h"

/* From now on lines up to info go to standard error. No colour if NO_COLOR is set and not empty. */
void stderr_log_install(void);

/* The least important level that is still shown. */
void stderr_log_level(enum log_level least);

#endif
