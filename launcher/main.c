/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the one thing that a test program has of its own; command.c is where to read on. */
#include "launcher/command.h"

int main(int argc, char **argv)
{
	return command_main(argc, argv);
}
