# SPDX-License-Identifier: GPL-2.0-or-later
# $d: vCPUs, median, least, most; label.
set logscale x 2
set xrange [0.8 : *]
set yrange [0 : *]
set offsets 0, graph 0.05, 0, 0
set xtics ('1' 1, '2' 2, '4' 4, '8' 8, '16' 16, '32' 32)
set xlabel 'vCPUs'
set ylabel label
plot $d using 1:2:3:4 with yerrorbars linecolor rgb guest linewidth 1.4 pointtype 7 pointsize 0.5 \
	title 'median, least, most', \
	$d using 1:2 with lines linecolor rgb guest notitle
