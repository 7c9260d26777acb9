# SPDX-License-Identifier: GPL-2.0-or-later
# $native, $virtual: footprint in bytes, median, p99.
set logscale xy
set xlabel 'footprint, bytes'
set ylabel 'ns for a load'
set xtics ('16K' 2**14, '64K' 2**16, '256K' 2**18, '1M' 2**20, '4M' 2**22, '16M' 2**24, '64M' 2**26, '256M' 2**28, '1G' 2**30)
plot $native using 1:2 with linespoints linecolor rgb native linewidth 2 pointtype 6 pointsize 0.7 title 'native, median', \
	$virtual using 1:2 with linespoints linecolor rgb guest linewidth 2 pointtype 7 pointsize 0.4 title 'guest, median', \
	$native using 1:3 with lines linecolor rgb native dashtype 3 title 'native, p99', \
	$virtual using 1:3 with lines linecolor rgb guest dashtype 3 title 'guest, p99'
