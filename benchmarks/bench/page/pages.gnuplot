# SPDX-License-Identifier: GPL-2.0-or-later
# $d: size behind the guest, size in it (0: 4K, 1: 2M, 2: 1G), million updates a second or NaN, the same as text. What
# is not there is white space.
unset grid
set xrange [-0.5 : 2.5]
set yrange [-0.5 : 2.5]
set xtics ('4K' 0, '2M' 1, '1G' 2)
set ytics ('4K' 0, '2M' 1, '1G' 2)
set xlabel 'pages behind the guest'
set ylabel 'pages in the guest'
set palette defined (0 '#b5482a', 0.5 '#d9a441', 1 '#5a9e6f')
set cblabel 'million updates a second'
set cbrange [0 : *]
set colorbox
missing = 'not here'
plot $d using 1:2:3 with image pixels notitle, \
	$d using 1:2:(strcol(4) eq missing ? '' : strcol(4)) with labels font ',16' textcolor rgb '#101418' notitle, \
	$d using 1:2:(strcol(4) eq missing ? missing : '') with labels textcolor rgb '#888888' notitle
