/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nodemask.h - sets of NUMA nodes as the kernel's calls take and give them: mbind(2), get_mempolicy(2).
 *
 * A value; any thread.
 */
#ifndef NUMA_NODEMASK_H
#define NUMA_NODEMASK_H

#include "vmm/types.h"
#include "vmm/util.h"

#define NODEMASK_NODES 1024 /* the kernel's own MAX_NUMNODES at most */
/* What those calls are to be told: the kernel looks at one bit less. */
#define NODEMASK_MAXNODE (NODEMASK_NODES + 1ul)
#define NODEMASK_WORD	 (8 * sizeof(unsigned long))

struct nodemask {
	unsigned long word[NODEMASK_NODES / NODEMASK_WORD];
};

/* Can the kernel have a node of that number? */
static inline bool nodemask_holds(hnode_t node)
{
	return node.os >= 0 && node.os < NODEMASK_NODES;
}

/* One that it can have. */
static inline void nodemask_add(struct nodemask *m, hnode_t node)
{
	m->word[(size_t)node.os / NODEMASK_WORD] |= 1ul << ((size_t)node.os % NODEMASK_WORD);
}

static inline bool nodemask_has(const struct nodemask *m, hnode_t node)
{
	return nodemask_holds(node) && (m->word[(size_t)node.os / NODEMASK_WORD] >> ((size_t)node.os % NODEMASK_WORD) & 1);
}

#endif
