# SPDX-License-Identifier: GPL-2.0-or-later
#
# common.sh - what the lab's scripts share: the cache directory, and Debian
# packages unpacked into it without installing anything.
#
# Sourced by bash scripts, which set $me to their name for messages and may set
# $exit_code to what die() ends them with.
#
# The mirror is always the one that the machine's own apt uses. A release that
# the machine does not have in its apt configuration is read through a private
# apt state in the cache, so nothing outside the cache changes and root is not
# needed.
# shellcheck shell=bash

lab_cache=${THOLE_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/thole/lab}

say() { printf '%s: %s\n' "${me:-lab}" "$*" >&2; }
die() { say "$*"; exit "${exit_code:-1}"; }

need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || die "$tool is missing; is its package installed?"
	done
}

# cache_locked NAME COMMAND...: run COMMAND while holding the cache's lock NAME.
cache_locked() {
	local name=$1 fd status
	shift
	mkdir -p "$lab_cache" || die "cannot make the cache directory $lab_cache"
	exec {fd}>"$lab_cache/$name.lock" || die "cannot write in $lab_cache"
	if ! flock -n "$fd"; then
		say "waiting for another run that fills the cache"
		flock "$fd"
	fi
	status=0
	"$@" || status=$?
	exec {fd}>&-
	return "$status"
}

# One line per configured Debian archive: URI and kind (Debian, Debian-Security).
debian_archives() {
	# shellcheck disable=SC2016 # apt expands these
	apt-get indextargets --format '$(REPO_URI) $(LABEL) $(ORIGIN)' 'Created-By: Packages' |
		awk '$3 == "Debian" && !seen[$1]++ { print $1, $2 }'
}

# debian_private RELEASE: fill the array apt_private with options that make apt
# use a state of its own that knows RELEASE and its security updates only.
debian_private() {
	local release=$1 dir=$lab_cache/apt-$1 main security
	main=$(debian_archives | awk '$2 == "Debian" { print $1; exit }')
	security=$(debian_archives | awk '$2 == "Debian-Security" { print $1; exit }')
	[[ $main ]] || {
		say "apt knows no Debian archive here (try: apt-get update)"
		return 1
	}
	mkdir -p "$dir"/{lists/partial,archives/partial,parts}
	: >"$dir/status"
	: >"$dir/parts.list"
	{
		echo "deb $main $release main"
		[[ ! $security ]] || echo "deb $security $release-security main"
	} >"$dir/sources.list"
	# apt's own user could not read a cache below a home directory.
	apt_private=(
		-o "Dir::Etc::SourceList=$dir/sources.list" -o "Dir::Etc::SourceParts=$dir/parts"
		-o "Dir::Etc::PreferencesParts=$dir/parts"
		-o "Dir::State::Lists=$dir/lists" -o "Dir::State::status=$dir/status"
		-o "Dir::Cache=$dir" -o "Dir::Cache::archives=$dir/archives"
		-o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3
		-o APT::Get::List-Cleanup=false -o APT::Update::Error-Mode=any -o Debug::NoLocking=true
	)
	apt-get "${apt_private[@]}" -qq update >&2 || {
		say "cannot read the package lists of Debian $release from $main: is the mirror reachable?"
		return 1
	}
}
