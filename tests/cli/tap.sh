# SPDX-License-Identifier: GPL-2.0-or-later
# tap.sh - for scripts that print TAP. Sourced, not run.
#
#   . tests/cli/tap.sh
#   check "what should hold" command arg...
#   finish
#
# $THOLE is the program under test; $tmp a directory that is gone afterwards.
set -u
THOLE=${THOLE:-./thole}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tap_nr=0

# The command's output is shown if it fails.
check() {
    local what=$1 out
    shift
    tap_nr=$((tap_nr + 1))
    if out=$("$@" 2>&1 </dev/null); then
        echo "ok $tap_nr - $what"
    else
        echo "not ok $tap_nr - $what"
        printf '%s\n' "$out" | head -20 | sed 's/^/# /'
    fi
}

skip() { # what, why
    tap_nr=$((tap_nr + 1))
    echo "ok $tap_nr - $1 # SKIP $2"
}

finish() {
    echo "1..$tap_nr"
}
