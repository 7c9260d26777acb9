/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_pages.c - huge pages of a machine that one is not on, from text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numa/host.h"

#define PAGES_LIMIT (UINT64_C(1) << 40) /* of 1 GiB: their bytes still fit */

static int number_parse(const char **p, uint64_t *number)
{
	char *end;

	if (**p < '0' || **p > '9')
		return -EINVAL;
	errno = 0;
	*number = strtoull(*p, &end, 10);
	*p = end;
	return errno || *number >= PAGES_LIMIT ? -EINVAL : 0;
}

/* "1G=4" at *p. */
static int pool_parse(const char **p, struct host_node *n, char *why, size_t size)
{
	enum host_page page = strncmp(*p, "1G=", 3) == 0 ? HOST_PAGE_1G : HOST_PAGE_2M;
	uint64_t nr;

	if (page == HOST_PAGE_2M && strncmp(*p, "2M=", 3) != 0) {
		snprintf(why, size, "expected 1G=COUNT or 2M=COUNT at \"%.32s\"", *p);
		return -EINVAL;
	}
	*p += 3;
	if (number_parse(p, &nr) != 0 || (**p && **p != ',' && **p != ';')) {
		snprintf(why, size, "expected a number of pages at \"%.32s\"", *p);
		return -EINVAL;
	}
	n->pool[page] = (struct host_pool){ nr, nr };
	return 0;
}

int host_set_pages(struct host *h, const char *text, char *why, size_t size)
{
	for (const char *p = text;; p++) {
		struct host_node *n;
		uint64_t id = 0;
		int err;

		if (number_parse(&p, &id) != 0 || *p != ':') {
			snprintf(why, size, "expected NODE:SIZE=COUNT such as 0:1G=4,2M=512");
			return -EINVAL;
		}
		n = (struct host_node *)(uintptr_t)host_find_node(h,
			(hnode_t){ id > INT32_MAX ? -1 : (int)id });
		if (!n) {
			snprintf(why, size, "there is no node %llu", (unsigned long long)id);
			return -EINVAL;
		}
		memset(n->pool, 0, sizeof(n->pool));
		do {
			p++;
			if ((err = pool_parse(&p, n, why, size)) != 0)
				return err;
		} while (*p == ',');
		if (!*p)
			return 0;
	}
}
