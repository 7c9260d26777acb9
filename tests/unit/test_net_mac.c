/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_net_mac.c - Ethernet addresses: equal for the same machine, different for others. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/net_mac.h"

static uint64_t mac_of(const char *host, const char *name, const char *job, const char *rank, uint32_t index)
{
	const struct net_identity id = { .host = host, .name = name, .job = job, .rank = rank };
	uint8_t mac[MAC_BYTES];
	uint64_t v = 0;

	mac_derive(&id, index, mac);
	assert_int_equal(mac[0] & 3, 2); /* one station's, locally administered */
	memcpy(&v, mac, sizeof(mac));
	return v;
}

static void the_same_for_the_same(void **state)
{
	(void)state;
	assert_int_equal(mac_of("n1", "a", "7", "0", 0), mac_of("n1", "a", "7", "0", 0));
	assert_int_equal(mac_of("n1", NULL, "7", NULL, 3), mac_of("n1", NULL, "7", NULL, 3));
}

static void different_for_others(void **state)
{
	uint64_t all[4 * 4 * 4 * 4 * 4];
	char text[4][4] = { "1", "2", "11", "12" };
	size_t n = 0;

	(void)state;
	for (int h = 0; h < 4; h++)
		for (int a = 0; a < 4; a++)
			for (int j = 0; j < 4; j++)
				for (int r = 0; r < 4; r++)
					for (uint32_t i = 0; i < 4; i++)
						all[n++] = mac_of(text[h], a ? text[a] : NULL, j ? text[j] : NULL,
							r ? text[r] : NULL, i);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(all[i], all[k]);
}

/* Devices and ranks that follow each other must not differ in a few bits only. */
static void neighbours_differ_everywhere(void **state)
{
	uint64_t seen = 0, first = mac_of("node", "vm", "1", "0", 0);

	(void)state;
	for (uint32_t i = 1; i < 64; i++)
		seen |= first ^ mac_of("node", "vm", "1", "0", i);
	assert_int_equal(seen, 0xfffffffffffc);
}

static void identity_is_the_environments(void **state)
{
	char host[256];
	struct net_identity id;

	(void)state;
	unsetenv("SLURM_JOB_ID");
	unsetenv("PBS_JOBID");
	unsetenv("LSB_JOBID");
	unsetenv("JOB_ID");
	unsetenv("PMI_RANK");
	unsetenv("OMPI_COMM_WORLD_RANK");
	setenv("SLURM_PROCID", "3", 1);
	id = net_identity_read(NULL, host, sizeof(host));
	assert_null(id.job);
	assert_string_equal(id.rank, "3");
	assert_int_equal(id.pid, getpid()); /* nothing else tells it from others */
	assert_int_not_equal(strlen(id.host), 0);
	id = net_identity_read("vm", host, sizeof(host));
	assert_int_equal(id.pid, 0);
	setenv("SLURM_JOB_ID", "", 1);
	setenv("PBS_JOBID", "12.server", 1);
	id = net_identity_read(NULL, host, sizeof(host));
	assert_string_equal(id.job, "12.server");
	assert_int_equal(id.pid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_for_the_same),
		cmocka_unit_test(different_for_others),
		cmocka_unit_test(neighbours_differ_everywhere),
		cmocka_unit_test(identity_is_the_environments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
