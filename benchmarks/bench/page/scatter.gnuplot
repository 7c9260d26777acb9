# SPDX-License-Identifier: GPL-2.0-or-later
# $native, $virtual: when, how long.
set logscale y
set xlabel 'ms'
set ylabel 'detour, us'
plot $native using 1:2 with points linecolor rgb native pointtype 7 pointsize 0.25 title 'native', \
	$virtual using 1:2 with points linecolor rgb guest pointtype 7 pointsize 0.25 title 'guest'
