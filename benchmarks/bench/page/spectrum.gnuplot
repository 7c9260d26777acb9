# SPDX-License-Identifier: GPL-2.0-or-later
# $native, $virtual: frequency, amplitude.
set logscale x
set xlabel 'Hz'
set ylabel '% of the work'
plot $native using 1:2 with lines linecolor rgb native linewidth 0.8 title 'native', \
	$virtual using 1:2 with lines linecolor rgb guest linewidth 0.8 title 'guest'
