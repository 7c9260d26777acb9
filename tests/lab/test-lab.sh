#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# test-lab.sh - the lab does what the tests that run in it rely on (TAP).
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
lab=$here/lab
count=0

ok() { echo "ok $((++count)) - $1"; }

# check NAME COMMAND...: the command says whether it is so
check() {
	local name=$1
	shift
	if "$@"; then
		ok "$name"
	else
		echo "not ok $((++count)) - $name"
		echo "#   failed: $*"
	fi
}

is() { [[ $1 = "$2" ]] || { echo "#   got \"$1\", wanted \"$2\""; return 1; }; }
says() { grep -q -E -e "$2" "$1" || { sed 's/^/#   /' "$1"; return 1; }; }

# What the first machine is to report about itself, in lines of "key value"
# shellcheck disable=SC2016 # for the lab's shell
report='
	node() { cat /sys/devices/system/node/node$1/$2; }
	echo "nodes $(ls -d /sys/devices/system/node/node[0-9]* | wc -l)"
	echo "cpus $(node 0 cpulist) $(node 1 cpulist)"
	echo "distance $(node 0 distance)"
	echo "larger $(($(node 0 meminfo | awk "/MemTotal/ { print \$4 }") > 1700000))"
	echo "smaller $(($(node 1 meminfo | awk "/MemTotal/ { print \$4 }") < 1100000))"
	echo "packages $(cat /sys/devices/system/cpu/cpu*/topology/physical_package_id | sort -u | wc -l)"
	echo "hugepages $(node 0 hugepages/hugepages-2048kB/nr_hugepages) $(node 1 hugepages/hugepages-2048kB/nr_hugepages)"
	echo "kvm $( (exec 3<>/dev/kvm) && echo opens) npt=$(cat /sys/module/kvm_amd/parameters/npt)"
	echo "groups $(($(ls /sys/kernel/iommu_groups | wc -l) > 2))"
	echo "vfio $(modprobe vfio-pci && [ -c /dev/vfio/vfio ] && echo loads)"
	echo "cgroup $(stat -fc %T /sys/fs/cgroup)"
	echo "directory $PWD"
	echo "word $WORD"
	echo "host $(hostname)"
	touch /usr/written /written && echo "writable yes"
'

test_machine() {
	local input output
	head -c 64M /dev/urandom >"$tmp/input"
	mkdir "$tmp/out"
	(cd /usr/share && "$lab" --memory 2G,1G --hugepages 2M=16@0,8@1 --hostname box \
		--env WORD='two words' --out "$tmp/out" -- \
		bash -c "{ $report } >/lab/out/report; echo to stderr >&2; cat; exit 77" \
		<"$tmp/input" >"$tmp/stdout" 2>"$tmp/stderr")
	check "the command's exit code is the lab's" is $? 77
	input=$(sha256sum <"$tmp/input")
	output=$(sha256sum <"$tmp/stdout")
	check "64 MiB in and out are the same bytes" is "$output" "$input"
	check "standard error is kept apart" says "$tmp/stderr" '^to stderr$'
	check "one line tells about the start" says "$tmp/stderr" '^lab: 2 sockets, 2 nodes, 4 CPUs, booting... up after [0-9]+ s$'
	check "the output directory comes back" says "$tmp/out/report" '^nodes'
	check "two nodes" says "$tmp/out/report" '^nodes 2$'
	check "two packages" says "$tmp/out/report" '^packages 2$'
	check "CPUs are on their nodes" says "$tmp/out/report" '^cpus 0-1 2-3$'
	check "the other node is farther" says "$tmp/out/report" '^distance 10 21$'
	check "node 0 has its 2 GiB" says "$tmp/out/report" '^larger 1$'
	check "node 1 has its 1 GiB" says "$tmp/out/report" '^smaller 1$'
	check "huge pages per node" says "$tmp/out/report" '^hugepages 16 8$'
	check "/dev/kvm opens, with nested paging" says "$tmp/out/report" '^kvm opens npt=[Y1]$'
	check "there are IOMMU groups" says "$tmp/out/report" '^groups 1$'
	check "vfio-pci loads" says "$tmp/out/report" '^vfio loads$'
	check "cgroup v2" says "$tmp/out/report" '^cgroup cgroup2fs$'
	check "the same directory" says "$tmp/out/report" '^directory /usr/share$'
	check "the environment" says "$tmp/out/report" '^word two words$'
	check "the host name" says "$tmp/out/report" '^host box$'
	check "the root is writable" says "$tmp/out/report" '^writable yes$'
	check "and stays untouched outside" test ! -e /usr/written -a ! -e /written
}

test_other_shape() {
	"$lab" --quiet --no-iommu --nodes 3 --node-cpus 2,2,0 --memory 1G,1G,512M --device nvme@1 -- sh -c '
		ls /sys/kernel/iommu_groups | wc -l
		cat /sys/devices/system/node/node2/cpulist /sys/class/nvme/nvme0/device/numa_node
		kill -TERM $$' >"$tmp/stdout" 2>"$tmp/stderr" </dev/null
	check "a command ended by a signal: 128 and its number" is $? 143
	check "no IOMMU; a node of memory only; a device on a node" is "$(tr '\n' ' ' <"$tmp/stdout")" "0  1 "
	check "nothing else is said with --quiet" test ! -s "$tmp/stderr"
}

test_failures() {
	"$lab" --append init=/nonexistent --keep-log "$tmp/log" -- true >"$tmp/stdout" 2>"$tmp/stderr"
	check "a machine that panics: 99" is $? 99
	check "which is said" says "$tmp/stderr" '^lab: the machine died while booting: Kernel panic'
	check "and tried once more, visibly" is "$(grep -c '^lab: trying once more$' "$tmp/stderr")" 1
	check "the console's log is kept" says "$tmp/log" 'Kernel panic'
	"$lab" --qemu-arg -nonsense -- true 2>"$tmp/stderr"
	check "QEMU does not start: 99" is $? 99
	check "with QEMU's reason, and no second try" is "$(grep -c -e '-nonsense: invalid option' -e 'once more' "$tmp/stderr")" 1
	"$lab" --no-option -- true 2>"$tmp/stderr"
	check "a wrong option: 99" is $? 99
	"$lab" --timeout 120 -- sh -c 'echo begun
		echo "<3>rcu: rcu_preempt kthread timer wakeup didn\047t happen for 30001 jiffies!" >/dev/kmsg
		sleep 100' >"$tmp/stdout" 2>"$tmp/stderr"
	check "a machine that loses a timer does not wait for its timeout: 99" is "$? $(cat "$tmp/stdout")" "99 begun"
	check "and says so" says "$tmp/stderr" '^lab: an emulated CPU lost its timer while running sh -c echo begun'
	"$lab" --timeout 2 -- true 2>"$tmp/stderr"
	check "a timeout: 98" is $? 98
	check "which is said" says "$tmp/stderr" '^lab: timeout after 2 s while booting$'
	"$lab" --timeout 60 -- sleep 1234 2>"$tmp/stderr"
	check "a command that hangs in a machine that answers: 98" is $? 98
	check "what runs there is shown" says "$tmp/stderr" '^[0-9]+ S .*: sleep 1234$'
	check "and what its kernel is at" says "$tmp/stderr" '^lab: [|] .*sysrq: Show Blocked State'
}

# The front with a machine that is ready, and says no more: what hangs is not the command.
test_silent_machine() {
	gcc -O2 -o "$tmp/front" "$here/front.c"
	"$tmp/front" --no-stdin --quiet --timeout 1 --answer-timeout 1 --result "$tmp/result" --log "$tmp/qemu" -- \
		sh -c 'printf "R\\0\\0\\0\\0\\0\\0\\0" >&3; exec sleep 100' 2>/dev/null
	check "a machine that is silent when its time is up" is \
		"$(grep -E '^(state|ready|alive)=' "$tmp/result" | tr '\n' ' ')" "state=timeout ready=1 alive=0 "
}

# The processes that belong to the lab run with this process id
of_run() { pgrep -f "/tmp/thole-lab\.$1\." | grep -v -x "$1"; }

running() { [[ $(of_run "$1") ]]; }

test_kill() {
	local pid tries=0
	"$lab" --quiet -- sleep 1000 </dev/null >/dev/null 2>&1 &
	pid=$!
	until pgrep -f "qemu-system.*thole-lab\.$pid\." >/dev/null || ((tries++ > 100)); do
		sleep 0.1
	done
	sleep 2
	check "a lab runs, to be killed" running "$pid"
	{ kill -KILL "$pid" && wait "$pid"; } 2>/dev/null
	sleep 1
	check "kill -9 leaves no process" is "$(of_run "$pid")" ""
	"$lab" --quiet --timeout 1 -- true 2>/dev/null
	check "and the next run removes its files" is "$(compgen -G "/tmp/thole-lab.$pid.*")" ""
}

# wait_for TEXT: until the shell's typescript has it
wait_for() {
	local tries=0
	until grep -q "$1" "$tmp/typescript" 2>/dev/null || ((tries++ > 300)); do
		sleep 0.2
	done
}

test_shell() {
	if ! command -v script >/dev/null; then
		echo "ok $((++count)) - # SKIP no script(1)"
		return
	fi
	{
		wait_for 'up after'
		printf 'stty size; sleep 1000\n'
		wait_for '33 77'
		sleep 1
		printf '\003'
		sleep 1
		printf 'exit 5\n'
		wait_for COMMAND_EXIT_CODE
	} | timeout 100 script -qefc "stty rows 33 cols 77; '$lab' --shell" "$tmp/typescript" >/dev/null
	check "a shell: its exit code, and Ctrl-C goes inside" is $? 5
	check "its terminal has the size of ours" says "$tmp/typescript" '33 77'
}

reason=$("$lab" --check 2>&1) || {
	echo "1..0 # SKIP ${reason##*$'\n'}"
	exit 0
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
test_machine
test_other_shape
test_failures
test_silent_machine
test_kill
test_shell
echo "1..$count"
