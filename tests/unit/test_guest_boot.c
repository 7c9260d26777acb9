/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_guest_boot.c - kernel=auto on the recorded trees of tests/data/boots: which kernel, which modules in
 * which order, what the guest's init is told; and which directories a guest gets.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/guest_boot.h"
#include "launcher/option.h"
#include "tests/unit/log_lines.h"

#define BOOTS "tests/data/boots/"

static struct run_config c;
static struct log_lines said = { .least = LOG_LEVEL_ERR };
static char cache[] = "/tmp/thole-test-XXXXXX";

static void give(const char *name, const char *value)
{
	struct complaint why;

	if (option_set(&c, option_find(name), value, &why) != 0)
		fail_msg("%s: %s", name, why.text);
}

static int setup(void **state)
{
	(void)state;
	said.last[0] = '\0';
	log_set_sink(log_lines_keep, &said);
	assert_int_equal(run_config_init(&c), 0);
	give("kernel", "auto");
	give("root", "host");
	give("writable", "none");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	run_config_fini(&c);
	log_set_sink(NULL, NULL);
	return 0;
}

static size_t hex(const uint8_t *p)
{
	char text[9] = "";

	memcpy(text, p, 8);
	return strtoul(text, NULL, 16);
}

/* Names in archives one after the other (initramfs/buffer-format.rst: "newc"), one a line. */
static void names_read(const struct bytes *b, char *names, size_t size)
{
	size_t at = 0, n = 0;

	while (at + 110 < b->size) {
		const uint8_t *h = b->data + at;
		size_t file = hex(h + 54), name = hex(h + 94);
		const char *text = (const char *)h + 110;

		if (!*h) {
			at++;
			continue;
		}
		assert_memory_equal(h, "070701", 6);
		if (strcmp(text, "TRAILER!!!") != 0)
			n += (size_t)snprintf(names + n, size - n, "%s\n", text);
		at = align_up(align_up(at + 110 + name, 4) + file, 4);
	}
}

/* What is chosen in a tree: the kernel, and the names of what is in its initramfs, one a line. */
static int choose(const char *tree, char *kernel, char *names, size_t size)
{
	struct guest_shares shares;
	struct guest_boot b;
	int err;

	*kernel = *names = '\0';
	assert_int_equal(guest_shares_make(&shares, &c), 0);
	err = guest_boot_make(&b, &c, &shares, tree);
	guest_shares_fini(&shares);
	if (err)
		return err;
	strcpy(kernel, b.kernel + strlen(tree));
	names_read(&b.initrd, names, size);
	guest_boot_fini(&b);
	return 0;
}

static void chosen(const char *tree, const char *want_kernel, const char *want_modules)
{
	char kernel[256], names[2048], *modules;

	/* The first time it is made, the second it comes from the cache. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(choose(tree, kernel, names, sizeof(names)), 0);
		assert_string_equal(kernel, want_kernel);
		assert_non_null(strstr(names, "dev\nproc\nsys\nmodules\nthole\ndev/console\ninit\n"));
		modules = strstr(names, "init\n") + 5;
		assert_memory_equal(modules, want_modules, strlen(want_modules));
		assert_string_equal(modules + strlen(want_modules), "thole/config\n");
	}
}

static void refused(const char *tree, const char *with)
{
	char kernel[256], names[2048];

	assert_int_equal(choose(tree, kernel, names, sizeof(names)), -ENOENT);
	if (!strstr(said.last, with))
		fail_msg("\"%s\" is not in: %s", with, said.last);
	assert_non_null(strstr(said.last, "linux-image-cloud-amd64"));
}

static void test_newest(void **state)
{
	(void)state;
	/* virtiofs is built in; modules are compressed. */
	chosen(BOOTS "debian", "/boot/vmlinuz-6.12.9-cloud-amd64", "modules/000-overlay.ko\n");
	chosen(BOOTS "rhel", "/lib/modules/5.14.0-427.el9.x86_64/vmlinuz",
		"modules/000-virtio.ko\nmodules/001-virtio_pci.ko\nmodules/002-fuse.ko\nmodules/003-virtiofs.ko\n"
		"modules/004-overlay.ko\n");
}

static void test_needs(void **state)
{
	(void)state;
	give("vsock", "auto");
	give("disk", "/dev/null");
	chosen(BOOTS "debian", "/boot/vmlinuz-6.12.9-cloud-amd64",
		"modules/000-overlay.ko\nmodules/001-virtio_blk.ko\nmodules/002-vmw_vsock_virtio_transport.ko\n");
	/* This one's is a module by its configuration, and there is none: an older kernel has it. */
	give("console-device", "virtio");
	refused(BOOTS "rhel", "VIRTIO_CONSOLE");
}

static void test_one_lacks(void **state)
{
	(void)state;
	chosen(BOOTS "mixed", "/boot/vmlinuz-6.12.1-amd64",
		"modules/000-virtio.ko\nmodules/001-virtio_pci.ko\nmodules/002-fuse.ko\nmodules/003-virtiofs.ko\n"
		"modules/004-overlay.ko\n");
	refused(BOOTS "no-virtiofs", "6.12.9-small has no VIRTIO_FS");
	refused(BOOTS "empty", "none is installed");
}

/* No configuration: modules and what is built in tell. */
static void test_untold(void **state)
{
	(void)state;
	chosen(BOOTS "untold", "/boot/vmlinuz-6.6.0",
		"modules/000-fuse.ko\nmodules/001-virtiofs.ko\nmodules/002-overlay.ko\n");
	give("disk", "/dev/null");
	refused(BOOTS "untold", "6.6.0 has no VIRTIO_BLK");
}

/* The root's own init has one itself, or there is one beside the guest's first program. */
static void test_agent(void **state)
{
	static const char *const agents[] = { "none", "builtin", "/bin/true" };
	char kernel[256], names[2048];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(agents); i++) {
		give("agent", agents[i]);
		assert_int_equal(choose(BOOTS "debian", kernel, names, sizeof(names)), 0);
		assert_int_equal(strstr(names, "thole/agent\n") != NULL, i != 0);
	}
	give("init", "/bin/true");
	assert_int_equal(run_config_check(&c), -EINVAL);
	assert_non_null(strstr(said.last, "both an agent and an init"));
	give("agent", "none");
	assert_int_equal(run_config_check(&c), 0);
}

static void test_versions(void **state)
{
	static const char *const order[] = { "5.14.0-70.el9", "5.14.0-427.el9", "6.1.0-9-amd64", "6.1.0-13-amd64",
		"6.2-rc3", "6.2-rc10", "6.2", "6.2-1", "6.12.0", "6.12.1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
			int is = kernel_version_compare(order[i], order[k]);

			assert_int_equal(is < 0 ? -1 : is > 0, i < k ? -1 : i > k);
		}
}

static void test_config(void **state)
{
	struct guest_shares shares;
	char *text;

	(void)state;
	run_config_fini(&c);
	assert_int_equal(run_config_init(&c), 0);
	give("kernel", "auto");
	give("root", "host");
	give("writable", "/usr");
	give("writable", "/usr/lib");
	give("share", "data=/tmp,ro,at=/some/data");
	give("share", "unseen=/tmp");
	give("share", "b=/tmp,at=/b c");
	give("agent-arg", "--listen");
	give("agent-arg", "a b");
	give("name", "node-7");
	assert_int_equal(guest_shares_make(&shares, &c), 0);
	text = guest_boot_config(&c, &shares);
	assert_string_equal(text,
		"root-virtiofs thole.root\n"
		"mount-rw thole.w1 /usr\n"
		"mount-rw b /b c\n"
		"mount-ro data /some/data\n"
		"hostname node-7\n"
		"shell\n"
		"agent-arg --listen\n"
		"agent-arg a b\n");
	free(text);
	assert_int_equal(shares.nr, 5);
	assert_true(shares.at[0].ro);
	guest_shares_fini(&shares);

	give("root", "disk:2");
	give("init", "/bin/true");
	assert_int_equal(guest_shares_make(&shares, &c), 0);
	text = guest_boot_config(&c, &shares);
	assert_memory_equal(text, "root-disk /dev/vda2\n", 20);
	assert_non_null(strstr(text, "\ninit /bin/true\n"));
	free(text);
	guest_shares_fini(&shares);
}

/* Where the caller is, and lives: the outer one is enough, and / is never among them. */
static void test_writable(void **state)
{
	static const struct {
		const char *home, *cwd;
		uint32_t nr;
		const char *first, *second;
	} of[] = {
		{ "/usr", "/usr/lib", 2, "/usr", NULL },
		{ "/usr/lib", "/usr", 3, "/usr", "/usr/lib" },
		{ "/usr", "/etc", 3, "/usr", "/etc" },
		{ "/", "/", 1, NULL, NULL },
		{ "/no/such/home", "/usr", 2, "/usr", NULL },
		{ "/usr", "/usr", 2, "/usr", NULL },
	};
	char here[4096];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		struct guest_shares shares;

		option_clear(&c, option_find("writable"));
		setenv("HOME", of[i].home, 1);
		assert_int_equal(chdir(of[i].cwd), 0);
		assert_int_equal(guest_shares_make(&shares, &c), 0);
		assert_int_equal(shares.nr, of[i].nr);
		assert_string_equal(shares.at[0].tag, GUEST_ROOT_TAG);
		for (uint32_t k = 1; k < shares.nr; k++) {
			const char *at = shares.at[k].at;

			assert_false(shares.at[k].ro);
			assert_true(strcmp(at, of[i].first) == 0 || strcmp(at, of[i].second) == 0);
		}
		guest_shares_fini(&shares);
		assert_int_equal(chdir(here), 0);
	}
}

static void test_shares_refused(void **state)
{
	struct guest_shares shares;

	(void)state;
	give("share", "a=/no/such");
	assert_int_equal(guest_shares_make(&shares, &c), -ENOENT);
	assert_non_null(strstr(said.last, "/no/such"));
	option_clear(&c, option_find("share"));
	give("share", "a=/etc/passwd");
	assert_int_equal(guest_shares_make(&shares, &c), -ENOTDIR);
	option_clear(&c, option_find("share"));
	option_clear(&c, option_find("writable"));
	give("writable", "/");
	assert_int_equal(guest_shares_make(&shares, &c), -EINVAL);
}

/* A cache that is damaged, or nobody's, costs nothing but time. */
static void test_cache(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "for f in %s/thole/*; do : >\"$f\"; done", cache);
	assert_int_equal(system(command), 0);
	chosen(BOOTS "debian", "/boot/vmlinuz-6.12.9-cloud-amd64", "modules/000-overlay.ko\n");
	setenv("XDG_CACHE_HOME", "/proc/none", 1);
	chosen(BOOTS "debian", "/boot/vmlinuz-6.12.9-cloud-amd64", "modules/000-overlay.ko\n");
	setenv("XDG_CACHE_HOME", cache, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_agent),
		T(test_versions),
		T(test_newest),
		T(test_needs),
		T(test_one_lacks),
		T(test_untold),
		T(test_config),
		T(test_writable),
		T(test_shares_refused),
		T(test_cache),
	};
	char command[64];
	int failed;

	if (!mkdtemp(cache))
		return 1;
	setenv("XDG_CACHE_HOME", cache, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", cache);
	return system(command) == 0 ? failed : 1;
}
