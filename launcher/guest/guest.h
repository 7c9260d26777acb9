/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.h - the first process of a guest that thole gives a root: what its parts share.
 *
 * It is a static program of its own, in the guest, and no part of thole's library. It is alone there, so
 * what cannot be done is told on the console and ends the guest.
 */
#ifndef LAUNCHER_GUEST_GUEST_H
#define LAUNCHER_GUEST_GUEST_H

#include <stdbool.h>
#include <stddef.h>

#define NEW_ROOT   "/newroot"
#define CONFIG     "/thole/config"
#define AGENT	   "/thole/agent"
#define RUN_AGENT  "/run/thole/agent" /* in the new root */
#define RUN_CONFIG "/run/thole/config"
#define SHARES_MAX 64
#define ARGS_MAX   64

struct share {
	const char *tag, *path;
	bool ro;
};

/* /thole/config: a word and, to the end of the line, its value. thole's initramfs_config.c writes it.
 *
 *   root-virtiofs TAG | root-disk DEVICE
 *   mount-ro TAG PATH | mount-rw TAG PATH      in this order
 *   hostname NAME
 *   init PATH | shell                          neither: /sbin/init if it is there, else a shell
 *   agent-arg TEXT
 */
struct config {
	const char *root_tag, *root_disk;
	const char *hostname;
	const char *init;
	bool shell;
	unsigned nr_shares, nr_args;
	struct share share[SHARES_MAX];
	char *arg[ARGS_MAX];
};

/* Tell, and end the guest. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void tell(const char *fmt, ...);

void config_read(struct config *c);

/* Mounts: what the kernel needs, the new root, and what is in it. */
void mount_first(void);
void mount_root(const struct config *c);
void mount_rest(const struct config *c);
void root_switch(void);

/* Run a program on the console until it ends or the power button is pressed; whoever runs then is ended. Its exit
 * code. */
int run_child(const char *program);
__attribute__((noreturn)) void power_off(void);

#endif
