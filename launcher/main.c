/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - find the sub-command and run it. */
#include <stdio.h>

int main(void)
{
	puts("thole " THOLE_VERSION);
	return 0;
}
