/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * library_late.c - libarchive, libkmod and libmnl, loaded when they are first called (late.h): only the making of an
 * initramfs needs the former two, which bring a dozen further libraries, and only a macvtap or a
 * virtual function's address the latter.
 *
 * A use begins with archive_read_new(), archive_write_new(), kmod_new() or mnl_socket_open2(), which fail where
 * there is no library.
 */
#include <archive.h>
#include <archive_entry.h>
#include <libkmod.h>
#include <libmnl/libmnl.h>

#include "vmm/late.h"

#define ARCHIVE "libarchive.so.13"
#define KMOD	"libkmod.so.2"
#define MNL	"libmnl.so.0"

LATE_FIRST(ARCHIVE, struct archive *, archive_read_new, (void), ())
LATE_FIRST(ARCHIVE, struct archive *, archive_write_new, (void), ())
LATE(ARCHIVE, int, archive_read_support_filter_all, (struct archive * a), (a))
LATE(ARCHIVE, int, archive_read_support_format_raw, (struct archive * a), (a))
LATE(ARCHIVE, int, archive_read_open_filename, (struct archive * a, const char *name, size_t block), (a, name, block))
LATE(ARCHIVE, int, archive_read_open_memory, (struct archive * a, const void *data, size_t size), (a, data, size))
LATE(ARCHIVE, int, archive_read_next_header, (struct archive * a, struct archive_entry **e), (a, e))
LATE(ARCHIVE, la_ssize_t, archive_read_data, (struct archive * a, void *to, size_t size), (a, to, size))
LATE(ARCHIVE, int, archive_read_free, (struct archive * a), (a))
LATE(ARCHIVE, int, archive_write_set_format_cpio_newc, (struct archive * a), (a))
LATE(ARCHIVE, int, archive_write_set_bytes_per_block, (struct archive * a, int bytes), (a, bytes))
LATE(ARCHIVE, int, archive_write_set_bytes_in_last_block, (struct archive * a, int bytes), (a, bytes))
LATE(ARCHIVE, int, archive_write_open,
	(struct archive * a, void *ctx, archive_open_callback *open, archive_write_callback *write,
		archive_close_callback *close),
	(a, ctx, open, write, close))
LATE(ARCHIVE, int, archive_write_header, (struct archive * a, struct archive_entry *e), (a, e))
LATE(ARCHIVE, la_ssize_t, archive_write_data, (struct archive * a, const void *from, size_t size), (a, from, size))
LATE(ARCHIVE, int, archive_write_close, (struct archive * a), (a))
LATE(ARCHIVE, int, archive_write_free, (struct archive * a), (a))
LATE(ARCHIVE, const char *, archive_error_string, (struct archive * a), (a))
LATE(ARCHIVE, struct archive_entry *, archive_entry_new, (void), ())
LATE(ARCHIVE, void, archive_entry_free, (struct archive_entry * e), (e))
LATE(ARCHIVE, void, archive_entry_set_pathname, (struct archive_entry * e, const char *name), (e, name))
LATE(ARCHIVE, void, archive_entry_set_mode, (struct archive_entry * e, mode_t mode), (e, mode))
LATE(ARCHIVE, void, archive_entry_set_size, (struct archive_entry * e, la_int64_t size), (e, size))
LATE(ARCHIVE, void, archive_entry_set_rdevmajor, (struct archive_entry * e, dev_t number), (e, number))
LATE(ARCHIVE, void, archive_entry_set_rdevminor, (struct archive_entry * e, dev_t number), (e, number))

LATE_FIRST(KMOD, struct kmod_ctx *, kmod_new, (const char *dirname, const char *const *config_paths),
	(dirname, config_paths))
LATE(KMOD, struct kmod_ctx *, kmod_unref, (struct kmod_ctx * ctx), (ctx))
LATE(KMOD, void, kmod_set_log_priority, (struct kmod_ctx * ctx, int priority), (ctx, priority))
LATE(KMOD, int, kmod_load_resources, (struct kmod_ctx * ctx), (ctx))
LATE(KMOD, int, kmod_module_new_from_lookup, (struct kmod_ctx * ctx, const char *alias, struct kmod_list **list),
	(ctx, alias, list))
LATE(KMOD, struct kmod_list *, kmod_list_next, (const struct kmod_list *list, const struct kmod_list *at), (list, at))
LATE(KMOD, struct kmod_module *, kmod_module_get_module, (const struct kmod_list *entry), (entry))
LATE(KMOD, struct kmod_module *, kmod_module_unref, (struct kmod_module * m), (m))
LATE(KMOD, int, kmod_module_unref_list, (struct kmod_list * list), (list))
LATE(KMOD, const char *, kmod_module_get_path, (const struct kmod_module *m), (m))
LATE(KMOD, struct kmod_list *, kmod_module_get_dependencies, (const struct kmod_module *m), (m))
LATE(KMOD, int, kmod_module_get_softdeps,
	(const struct kmod_module *m, struct kmod_list **before, struct kmod_list **after), (m, before, after))

LATE_FIRST(MNL, struct mnl_socket *, mnl_socket_open2, (int bus, int flags), (bus, flags))
LATE(MNL, int, mnl_socket_bind, (struct mnl_socket * s, unsigned int groups, pid_t pid), (s, groups, pid))
LATE(MNL, unsigned int, mnl_socket_get_portid, (const struct mnl_socket *s), (s))
LATE(MNL, ssize_t, mnl_socket_sendto, (const struct mnl_socket *s, const void *from, size_t size), (s, from, size))
LATE(MNL, ssize_t, mnl_socket_recvfrom, (const struct mnl_socket *s, void *to, size_t size), (s, to, size))
LATE(MNL, int, mnl_socket_close, (struct mnl_socket * s), (s))
LATE(MNL, struct nlmsghdr *, mnl_nlmsg_put_header, (void *at), (at))
LATE(MNL, void *, mnl_nlmsg_put_extra_header, (struct nlmsghdr * m, size_t size), (m, size))
LATE(MNL, void, mnl_attr_put, (struct nlmsghdr * m, uint16_t type, size_t size, const void *data), (m, type, size, data))
LATE(MNL, void, mnl_attr_put_u32, (struct nlmsghdr * m, uint16_t type, uint32_t value), (m, type, value))
LATE(MNL, void, mnl_attr_put_strz, (struct nlmsghdr * m, uint16_t type, const char *text), (m, type, text))
LATE(MNL, struct nlattr *, mnl_attr_nest_start, (struct nlmsghdr * m, uint16_t type), (m, type))
LATE(MNL, void, mnl_attr_nest_end, (struct nlmsghdr * m, struct nlattr *start), (m, start))
LATE(MNL, uint16_t, mnl_attr_get_type, (const struct nlattr *a), (a))
LATE(MNL, uint16_t, mnl_attr_get_payload_len, (const struct nlattr *a), (a))
LATE(MNL, void *, mnl_attr_get_payload, (const struct nlattr *a), (a))
LATE(MNL, int, mnl_attr_parse, (const struct nlmsghdr *m, unsigned int offset, mnl_attr_cb_t callback, void *ctx),
	(m, offset, callback, ctx))
LATE(MNL, int, mnl_attr_parse_nested, (const struct nlattr *a, mnl_attr_cb_t callback, void *ctx), (a, callback, ctx))
LATE(MNL, int, mnl_cb_run, (const void *buf, size_t size, unsigned int seq, unsigned int portid, mnl_cb_t callback, void *ctx),
	(buf, size, seq, portid, callback, ctx))
