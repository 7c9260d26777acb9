# SPDX-License-Identifier: GPL-2.0-or-later
# $n1, $v1, $n2, $v2: bytes, median, low, high; curves: those that there are, by name; label. Colour is the side, as in
# all drawings; a broken line is the way by TCP, which two machines have, and which ranks in one machine have not.
set logscale xy
set autoscale xfix
set offsets graph 0.03, graph 0.03, 0, 0
set xtics ('8' 8, '64' 64, '512' 512, '4K' 4096, '32K' 32768, '256K' 262144)
set xlabel 'message, bytes'
set ylabel label
all = 'n1 v1 n2 v2'
set style line 1 linecolor rgb native linewidth 2 pointtype 6 pointsize 0.7
set style line 2 linecolor rgb guest linewidth 2 pointtype 7 pointsize 0.5
set style line 3 linecolor rgb native linewidth 2 dashtype 2 pointtype 4 pointsize 0.7
set style line 4 linecolor rgb guest linewidth 2 dashtype 2 pointtype 5 pointsize 0.5
array name[4] = ['native', 'one machine', 'native, TCP', 'two machines']
number(curve) = (strstrt(all, curve) + 2) / 3
plot for [curve in curves] '$'.curve using 1:2:3:4 with yerrorlines linestyle number(curve) title name[number(curve)]
