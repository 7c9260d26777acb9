# SPDX-License-Identifier: GPL-2.0-or-later
# guests.sh - several guests at once in the lab, each with the shell of talk.c on its console.
#
#   . tests/lab/guests.sh
#   guest_start NAME OPTION...     # `thole run` with these, in the background; sets ${pid[NAME]}
#   guest_await NAME REGEX         # its console, until it has such a line; false at its end, or if it is silent
#   guest_tell NAME COMMAND...     # to talk's shell in there
#   guest_ask NAME COMMAND...      # the same, and the line that answers it into $answer; false if it is not good
#   guest_end NAME                 # power off; the exit code of thole
#
# Sourced after tap.sh, with $initrd (which has /talk) and $vmlinux set. What a guest said is in $tmp/NAME.console,
# what thole said in $tmp/NAME.err.
# shellcheck shell=bash
# shellcheck disable=SC2154 # tmp, thole, initrd, vmlinux

declare -A pid guest_in guest_out
answer=''

guest_start() { # NAME OPTION...
    local name=$1 in out
    shift
    rm -f "$tmp/$name.in"
    mkfifo "$tmp/$name.in" "$tmp/$name.out" 2>/dev/null || mkfifo "$tmp/$name.in"
    "$thole" run --kernel "$vmlinux" --initrd "$initrd" --console-device virtio --name "$name" \
        --append "console=hvc0 quiet mitigations=off panic=-1 thole.test=run=/talk:shell" "$@" \
        <"$tmp/$name.in" >"$tmp/$name.out" 2>"$tmp/$name.err" &
    pid[$name]=$!
    exec {in}>"$tmp/$name.in" {out}<"$tmp/$name.out"
    guest_in[$name]=$in guest_out[$name]=$out
    : >"$tmp/$name.console"
}

guest_await() { # NAME REGEX
    local line
    while IFS= read -r -t 600 -u "${guest_out[$1]}" line; do
        line=${line%$'\r'}
        echo "$line" >>"$tmp/$1.console"
        [[ ! $line =~ $2 ]] || {
            answer=$line
            return 0
        }
    done
    answer=''
    return 1
}

guest_tell() { # NAME COMMAND...
    local name=$1
    shift
    echo "$*" >&"${guest_in[$name]}"
}

guest_ask() { # NAME COMMAND...
    local name=$1
    guest_tell "$@"
    # What the terminal echoes has no "TALK: " at its start.
    guest_await "$name" "^TALK: ($2|not good: $2|.* failed)" || return 1
    [[ ! $answer =~ ' failed: '|'not good' ]]
}

guest_close() { # NAME
    local in=${guest_in[$1]} out=${guest_out[$1]}
    exec {in}>&- {out}<&-
}

guest_end() { # NAME
    local rc=0
    guest_tell "$1" quit
    guest_await "$1" '^never such a line$'
    wait "${pid[$1]}" || rc=$?
    guest_close "$1"
    return $rc
}

guests_kill() {
    local p
    for p in "${pid[@]}"; do kill -KILL "$p" 2>/dev/null; done
}
