# SPDX-License-Identifier: GPL-2.0-or-later
# isolation.sh - what the tests of isolation in the lab share: a noisy host, a guest on it, and is it as before?
# Sourced by bash scripts, after tests/tap.sh.
# shellcheck shell=bash disable=SC2034 # some are for those scripts

p=$build/tests/payload
cgroup=/sys/fs/cgroup
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$tmp"' EXIT

# A host with some noise to take away. No lab has cpufreq: files play it.
echo 1 >/proc/sys/kernel/numa_balancing
echo 0 >/proc/sys/kernel/timer_migration
echo 1 >/sys/kernel/mm/ksm/run
echo always >/sys/kernel/mm/transparent_hugepage/defrag
cpufreq=/sys/devices/system/cpu/cpufreq
mount -t tmpfs none $cpufreq
for cpu in 0 1 2 3; do
    mkdir $cpufreq/policy$cpu
    echo $cpu >$cpufreq/policy$cpu/related_cpus
    echo schedutil >$cpufreq/policy$cpu/scaling_governor
done
governors() { cat $cpufreq/policy*/scaling_governor | xargs; }
# How long a CPU may take to wake up, in microseconds, as the kernel has it of all who have asked.
latency() { od -A n -t d4 -N 4 /dev/cpu_dma_latency | xargs; }

# Not sched_rt_runtime_us: Linux 6.12 rebuilds its scheduling domains when that is read, and loses count of its deadline
# servers in that, so that it refuses to have one turned off.
settings() {
    grep -Hs . /proc/irq/*/smp_affinity /proc/irq/default_smp_affinity /sys/devices/virtual/workqueue/cpumask{,_requested} \
        /proc/sys/vm/stat_interval /proc/sys/vm/compaction_proactiveness \
        /proc/sys/kernel/{timer_migration,numa_balancing,watchdog_cpumask} \
        /sys/kernel/mm/ksm/run /sys/kernel/mm/transparent_hugepage/defrag \
        /sys/kernel/mm/transparent_hugepage/khugepaged/{defrag,scan_sleep_millisecs} \
        $cpufreq/policy*/scaling_governor /sys/kernel/debug/sched/fair_server/cpu*/runtime
    echo "latency $(latency)"
    find $cgroup -type d | sort
    find $cgroup \( -name cgroup.type -o -name cgroup.subtree_control -o -name 'cpuset.cpus*' \) -print0 | sort -z |
        xargs -0 grep -H ''
    find /run/thole -mindepth 1 ! -name lock
}
before() { mkdir -p /run/thole && settings >"$tmp/before"; }
# Threads of a process that was killed may be there for a moment more.
as_before() {
    settings >"$tmp/after"
    diff "$tmp/before" "$tmp/after" | sed 's/^/# /'
    cmp -s "$tmp/before" "$tmp/after"
}

one() { tr '\n' ' ' <<<"$1"; }

# Start a guest for so many milliseconds and wait until it runs: $pid, and $tid of its vCPU.
start() { # MS OPTION...
    "$thole" run --payload "$p/busy.elf" --append "$1" --memory 64M "${@:2}" >"$tmp/out" 2>"$tmp/err" &
    pid=$!
    for _ in $(seq 300); do
        ! grep -q . "$tmp/out" || break
        kill -0 "$pid" 2>/dev/null || { sed 's/^/# /' "$tmp/err"; return 1; }
        sleep 0.1
    done
    tid=$(grep -lx thole/vcpu0 /proc/$pid/task/*/comm | cut -d/ -f5)
    [ -n "$tid" ]
}
finish() { rc=0; wait "$pid" || rc=$?; }
# Settings that are changed, and how they are then.
changed() {
    cat /proc/sys/kernel/numa_balancing /sys/kernel/mm/ksm/run /proc/sys/kernel/watchdog_cpumask /proc/irq/default_smp_affinity |
        xargs
}
# Where the thread may run with which KVM puts split huge pages together: a kernel thread, or one of ours.
kvms_cpus() {
    local comm
    comm=$(grep -lxsE "kvm-nx-lpage-re(covery-$pid)?" /proc/[0-9]*/comm "/proc/$pid"/task/*/comm) || return
    sed -n 's/^Cpus_allowed_list:\t//p' "${comm%comm}status"
}
# Kill a guest at so many random moments, with all that it starts with; $good times the host was as before.
killed() { # TIMES [restore]
    local i ms
    good=0
    for ((i = 0; i < $1; i++)); do
        "$thole" run --payload "$p/busy.elf" --append 600000 --memory 64M --pin 0=3 --isolation auto >"$tmp/out" 2>"$tmp/err" &
        pid=$!
        ms=$((RANDOM % 1600))
        sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
        kill -9 "$pid"
        wait "$pid" 2>/dev/null
        # Every second time it is the next machine that puts back, unless it is to be thole restore only.
        if ((i % 2)) || [ $# = 2 ]; then "$thole" restore >/dev/null; else "$thole" run -q --payload "$p/hello.elf" --memory 64M >/dev/null; fi
        if as_before; then good=$((good + 1)); else echo "# not after $ms ms"; fi
    done
}
