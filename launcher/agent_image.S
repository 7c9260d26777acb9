/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent_image.S - thole-agent, as bytes in thole: a guest without an image gets it from there. */
	.section .rodata
	.global agent_image, agent_image_end
	.type agent_image, @object
	.balign 16
agent_image:
	.incbin AGENT_FILE
agent_image_end:
	.size agent_image, . - agent_image
	.section .note.GNU-stack, "", @progbits
