# SPDX-License-Identifier: GPL-2.0-or-later
# labs.sh - for a test that boots several labs, one after the other. Sourced after tap.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is used in tap.sh

# Run tests/lab/tap with these options and number its lines on from ours; PREFIX is put before each.
lab_lines() { # PREFIX OPTION...
    local prefix=$1 line
    shift
    while IFS= read -r line; do
        case $line in
        ok\ * | not\ ok\ *)
            [[ $line = ok* ]] || tap_bad=1
            tap_n=$((tap_n + 1))
            echo "${line%%ok *}ok $tap_n - $prefix${line#* - }"
            ;;
        1..*) ;;
        *) echo "$line" ;;
        esac
    done < <(exec setpriv --pdeathsig TERM tests/lab/tap "$@")
}
