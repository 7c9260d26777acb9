# SPDX-License-Identifier: GPL-2.0-or-later
# tap.sh - what test scripts share: TAP lines, a temporary directory that goes away, thole's path.
#
#   . tests/tap.sh
#   t "what must hold" COMMAND ARGS…      # holds if the command succeeds
#   is "what must hold" GOT WANTED
#   like "what must hold" TEXT REGEX      # extended regular expression, anywhere in the text
#   run COMMAND ARGS…                     # sets $out, $err, $rc
#   skip "what" "reason"
#   tap_done
#
# Run from the repository's root, as `make check` does.
# shellcheck shell=bash

tap_n=0
tap_bad=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/thole-test.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
thole=$(realpath "${THOLE:-./thole}")
build=${THOLE_BUILD:-build/cc}

tap_result() { # ok|"not ok" name
    tap_n=$((tap_n + 1))
    echo "$1 $tap_n - $2"
    if [ "$1" = "not ok" ]; then
        tap_bad=1
        return 1
    fi
}

t() {
    local name=$1
    shift
    if "$@"; then tap_result ok "$name"; else tap_result "not ok" "$name" || echo "# failed: $*"; fi
}

is() {
    if [ "$2" = "$3" ]; then
        tap_result ok "$1"
    else
        tap_result "not ok" "$1" || printf '%s\n' "got:    $2" "wanted: $3" | sed 's/^/# /'
    fi
}

like() {
    if grep -qE -- "$3" <<<"$2"; then
        tap_result ok "$1"
    else
        tap_result "not ok" "$1" || printf '%s\n' "got:    $2" "wanted: /$3/" | sed 's/^/# /'
    fi
}

run() {
    rc=0
    "$@" >"$tmp/out" 2>"$tmp/err" || rc=$?
    out=$(tr -d '\0' <"$tmp/out")
    err=$(tr -d '\0' <"$tmp/err")
}

skip() {
    tap_n=$((tap_n + 1))
    echo "ok $tap_n - $1 # SKIP $2"
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

tap_done() {
    echo "1..$tap_n"
    exit $tap_bad
}
