# SPDX-License-Identifier: GPL-2.0-or-later
# passthrough.sh - what the tests of devices that are handed over share. Sourced in the lab after tap.sh, with $dir set
# to where the initrd is.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what is set here is used there, and the other way round

kernel=$(tests/lab/fetch-kernels --path 6.12-full vmlinux)
words="console=ttyS0 quiet mitigations=off panic=-1"
spin=$build/tests/payload/spin.elf

# The one function with these numbers ([node N]) that is not the machine's own.
find_device() { # VENDOR:DEVICE [NODE]
    jq -r --arg id "$1" --argjson node "${2:-null}" 'map(select(([.vendor, .device] | map(tostring) | join(":")) == $id and
        .node == $node and (.address | startswith("0000:00:") | not))) | .[0].address' "$tmp/list"
}

driver_of() { # ADDRESS
    local link
    link=$(readlink "/sys/bus/pci/devices/$1/driver") && echo "${link##*/}"
}

# A guest that ends by itself: its console and thole's words.
guest() { # ORDERS OPTION...
    local orders=$1
    shift
    run timeout 600 "$thole" run --kernel "$kernel" --initrd "${initrd:-$dir/initrd}" --memory 256M --append "$words thole.test=$orders" "$@"
    out=${out//$'\r'/}
}

# Nothing is left of a run: driver, override, state file, and no process with a VFIO descriptor.
clean() { # ADDRESS DRIVER
    [ "$(driver_of "$1")" = "$2" ] || { echo "driver of $1: $(driver_of "$1")"; return 1; }
    [ "$(cat "/sys/bus/pci/devices/$1/driver_override")" = "(null)" ] || { echo "override is left"; return 1; }
    ! compgen -G '/run/thole/pci.*' || { echo "a state file is left"; return 1; }
    ! find /proc/[0-9]*/fd -lname '/dev/vfio/*' 2>/dev/null | grep . || { echo "descriptors are left"; return 1; }
}

# Started in the background, and killed hard after so many seconds.
killed() { # SECONDS OPTION...
    local when=$1 pid
    shift
    "$thole" run "$@" </dev/null >"$tmp/killed" 2>&1 &
    pid=$!
    sleep "$when"
    kill -9 $pid
    wait $pid 2>/dev/null
}

devices_await() {
    local n
    modprobe -a nvme e1000e igb ahci sd_mod 2>/dev/null
    for ((n = 0; n < 100; n++)); do
        [ -b /dev/nvme0n1 ] && [ -b /dev/nvme1n1 ] && break
        sleep 0.1
    done
    "$thole" pci list --json >"$tmp/list"
    "$thole" pci list | sed 's/^/# /'
}
