# SPDX-License-Identifier: GPL-2.0-or-later
# $native, $virtual: time, the part of all pieces that took it.
set logscale xy
set xlabel 'us for a piece of work'
set ylabel 'part of all'
plot $native using 1:2 with points linecolor rgb native pointtype 7 pointsize 0.5 title 'native', \
	$virtual using 1:2 with points linecolor rgb guest pointtype 7 pointsize 0.5 title 'guest'
