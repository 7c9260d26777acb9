# SPDX-License-Identifier: GPL-2.0-or-later
# $d: row, speed, low, high, name; labels for those outside are set; rows, least, most.
set yrange [rows + 0.7 : 0.3]
set xrange [least - 0.02 : most + 0.02]
set xlabel 'speed in the guest / native speed'
set arrow from 1, graph 0 to 1, graph 1 nohead linecolor rgb 'black' linewidth 1
set arrow from 0.98, graph 0 to 0.98, graph 1 nohead linecolor rgb aim linewidth 1 dashtype 3
plot $d using 2:1:3:4:ytic(5) with xerrorbars linecolor rgb guest linewidth 1.6 pointtype 7 pointsize 0.5 \
	title 'median, 95% interval', \
	NaN linecolor rgb aim dashtype 3 title '0.98'
