/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci_addr.c - hexadecimal numbers between colons and a dot. */
#include "passthrough/pci_addr.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* One to `most` digits; false when there are none, more, or the number is above max. */
static bool hex_read(const char **p, unsigned most, uint32_t max, uint32_t *v)
{
	unsigned n = 0;

	for (*v = 0; isxdigit((unsigned char)**p) && n <= most; n++, ++*p) {
		int c = tolower((unsigned char)**p);

		*v = *v << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return n && n <= most && *v <= max;
}

bool pci_addr_parse(const char *text, struct pci_addr *addr)
{
	const char *p = text, *colon = strchr(text, ':');
	uint32_t domain = 0, bus, dev, fn;

	if (colon && strchr(colon + 1, ':')) {
		if (!hex_read(&p, 5, 0xfffff, &domain) || *p++ != ':')
			return false;
	}
	if (!hex_read(&p, 2, 0xff, &bus) || *p++ != ':' || !hex_read(&p, 2, 0x1f, &dev) || *p++ != '.' ||
		!hex_read(&p, 1, 7, &fn) || *p)
		return false;
	*addr = (struct pci_addr){ domain, (uint8_t)bus, (uint8_t)dev, (uint8_t)fn };
	return true;
}

const char *pci_addr_format(struct pci_addr a, char text[static PCI_ADDR_TEXT])
{
	snprintf(text, PCI_ADDR_TEXT, "%04x:%02x:%02x.%u", a.domain & 0xfffff, a.bus, a.dev & 0x1fu, a.fn & 7u);
	return text;
}

bool pci_addr_equal(struct pci_addr a, struct pci_addr b)
{
	return a.domain == b.domain && a.bus == b.bus && a.dev == b.dev && a.fn == b.fn;
}
