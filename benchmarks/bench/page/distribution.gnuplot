# SPDX-License-Identifier: GPL-2.0-or-later
# $native, $virtual: length, the part that is at least so long.
set logscale xy
set format y '%g'
set xlabel 'detour, us'
set ylabel 'part at least so long'
plot $native using 1:2 with steps linecolor rgb native linewidth 1.8 title 'native', \
	$virtual using 1:2 with steps linecolor rgb guest linewidth 1.8 title 'guest'
