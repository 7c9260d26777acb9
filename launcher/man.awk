# SPDX-License-Identifier: GPL-2.0-or-later
# man.awk - fill a manual page's template from the table of options.
#
# usage: thole --dump-options | awk -v docdir=DIR -v unitdir=DIR -f launcher/man.awk - TEMPLATE
#
# In the template a line @OPTIONS@ becomes the options of the command line, @KEYS@ the keys of the
# file, and @COMMANDS@ the sub-commands, each as mdoc(7) lists; @DOCDIR@ is where documents are,
# and @UNITDIR@ where systemd's units are.

function text(s) { gsub(/\\/, "\\e", s); gsub(/'/, "\\(aq", s); return s ~ /^[.]/ ? "\\&" s : s }
function sentence(s) { return toupper(substr(s, 1, 1)) substr(s, 2) "." }

# A line for each sentence, as mdoc(7) asks, and none long.
function lines(s,    n, part, k, out) {
	n = split(s, part, /[.] /)
	for (k = 1; k <= n; k++)
		out = out wrap(part[k] (k < n ? ".\n" : ""))
	return out
}

function wrap(s,    at, out) {
	while (length(s) > 79) {
		for (at = 79; substr(s, at, 1) != " " && at > 1; at--)
			;
		if (at == 1)
			break
		out = out substr(s, 1, at - 1) "\n"
		s = substr(s, at + 1)
	}
	return out s
}

function describe(i, keys) {
	print lines(text(sentence(help[i])))
	if (more[i] != "-")
		print lines(text(more[i]))
	if (kind[i] == "switch")
		print "The default is\n.Cm " (keys ? (def[i] == "yes" ? "true" : "false") : def[i]) " ."
	else if (def[i] != "-")
		print "The default is\n.Cm " text(def[i]) " ."
	if (arg[i] != "-" && choice[i] != "-") {
		n = split(choice[i], c, " ")
		line = "One of"
		for (k = 1; k <= n; k++)
			line = line (k == 1 ? "\n.Cm " : "\n.Cm ") c[k] (k < n ? " ," : " .")
		print line
	}
}

function option_tag(i) {
	tag = ".It "
	if (letter[i] != "-")
		tag = tag "Fl " letter[i] (arg[i] != "-" ? " Ar " text(arg[i]) " , " : " , ")
	if (arg[i] == "-")
		return tag "Fl -" name[i] " , Fl -no-" name[i]
	return tag "Fl -" name[i] " Ar " text(arg[i])
}

# Without the quotes that a shell needs.
function bare(s) { gsub(/'/, "", s); return text(s) }

function key_tag(i) {
	if (kind[i] == "switch")
		return ".It Cm " name[i] " = true | false"
	if (kind[i] == "count" || kind[i] == "cpus")
		return ".It Cm " name[i] " = Ar " text(arg[i])
	if (many[i] == "list")
		return ".It Cm " name[i] " = ( Qo Ar " bare(arg[i]) " Qc , ... )"
	return ".It Cm " name[i] " = Qq Ar " text(arg[i])
}

function list(keys,    i, last) {
	last = ""
	for (i = 1; i <= nr; i++) {
		if (group[i] != last) {
			if (last != "")
				print ".El"
			print ".Ss " group[i] "\n.Bl -tag -width Ds"
			last = group[i]
		}
		print keys ? key_tag(i) : option_tag(i)
		describe(i, keys)
	}
	print ".El"
}

FILENAME == "-" && $0 ~ /^command\t/ {
	split($0, f, "\t")
	command[++nr_commands] = f[2]
	purpose[nr_commands] = f[3]
	next
}

FILENAME == "-" {
	split($0, f, "\t")
	nr++
	name[nr] = f[2]; letter[nr] = f[3]; kind[nr] = f[4]; group[nr] = f[5]; choice[nr] = f[6]
	arg[nr] = f[7]; def[nr] = f[8]; many[nr] = f[9]; help[nr] = f[10]; more[nr] = f[11]
	next
}

$0 == "@OPTIONS@" { list(0); next }
$0 == "@KEYS@" { list(1); next }
$0 == "@COMMANDS@" {
	print ".Bl -tag -width Ds"
	for (i = 1; i <= nr_commands; i++)
		print ".It Cm " command[i] "\n" sentence(purpose[i])
	print ".El"
	next
}

{ gsub(/@DOCDIR@/, docdir); gsub(/@UNITDIR@/, unitdir); print }
