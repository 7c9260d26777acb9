# SPDX-License-Identifier: GPL-2.0-or-later
# What every drawing begins with. Colours show on light and on dark; what is black becomes the page's own (style.css).
# After it come the data, as blocks, and then the drawing's own script.
native = '#4c8fc9'
guest = '#e07b1a'
aim = '#2ca02c'

set border 3
set tics nomirror
set grid linecolor rgb '#888888' linewidth 0.3
set key outside top right horizontal
