# SPDX-License-Identifier: GPL-2.0-or-later
#
# machine.sh - from the lab's options to QEMU's arguments: sockets, NUMA nodes
# and their memory, the IOMMU, devices, the link to another lab.
#
# Sourced by lab. The functions append to the array "machine"; options are read
# from the variables that lab sets. Nothing is started here.
# shellcheck shell=bash
# shellcheck disable=SC2154 # the option variables are lab's

mebibytes() {
	local bytes
	[[ $1 =~ ^[0-9]+[KMGT]?$ ]] || die "not a size: $1"
	bytes=$(numfmt --from=iec "$1")
	echo $((bytes >> 20))
}

# Fill node_memory (MiB) and node_cpus (counts), one entry per node.
shape_nodes() {
	local -a sizes counts
	local n default=3G used=0
	# With less, the kernel puts gigabyte pages on another node or nowhere.
	[[ $hugepages != *1G=* ]] || default=6G
	IFS=, read -ra sizes <<<"${memory:-$default}"
	IFS=, read -ra counts <<<"$cpus_per_node"
	((${#sizes[@]} <= nodes)) || die "--memory has ${#sizes[@]} sizes for $nodes nodes"
	((${#counts[@]} == 0 || ${#counts[@]} == nodes)) ||
		die "--node-cpus has ${#counts[@]} counts for $nodes nodes"
	node_memory=() node_cpus=()
	for ((n = 0; n < nodes; n++)); do
		node_memory[n]=$(mebibytes "${sizes[n]:-${sizes[-1]}}") || exit
		node_cpus[n]=${counts[n]:-$(((cpus * (n + 1) / nodes) - (cpus * n / nodes)))}
		((used += node_cpus[n])) || true
	done
	((used == cpus)) || die "the nodes have $used CPUs, the machine $cpus"
}

# -smp: a node within a socket is a die, so that caches do not span nodes.
shape_cpus() {
	local n with_cpus=0 dies=1 per_socket=$((cpus / sockets))
	((cpus % (sockets * threads) == 0)) ||
		die "$cpus CPUs cannot be $sockets sockets of whole cores with $threads threads"
	for ((n = 0; n < nodes; n++)); do
		((node_cpus[n] == 0)) || ((with_cpus += 1))
	done
	if ((with_cpus % sockets == 0 && per_socket % (with_cpus / sockets * threads) == 0)); then
		dies=$((with_cpus / sockets))
	fi
	machine+=(-smp "$cpus,sockets=$sockets,dies=$dies,cores=$((per_socket / dies / threads)),threads=$threads")
}

# numa_distance FROM TO: as firmware would say; memory without CPUs is far.
numa_distance() {
	local from=${node_first[$1]} to=${node_first[$2]}
	if (($1 == $2)); then
		echo 10
	elif ((from < 0 || to < 0)); then
		echo 28
	elif ((from * sockets / cpus == to * sockets / cpus)); then
		echo 12
	else
		echo 21
	fi
}

shape_distances() {
	local -a rows row
	local from to
	IFS=/ read -ra rows <<<"$distance"
	((${#rows[@]} == 0 || ${#rows[@]} == nodes)) || die "--distance needs $nodes rows"
	for ((from = 0; from < nodes; from++)); do
		IFS=, read -ra row <<<"${rows[from]-}"
		((${#row[@]} == 0 || ${#row[@]} == nodes)) || die "--distance needs $nodes columns"
		for ((to = 0; to < nodes; to++)); do
			machine+=(-numa "dist,src=$from,dst=$to,val=${row[to]:-$(numa_distance "$from" "$to")}")
		done
	done
}

shape_numa() {
	local n first=0 total=0 spec
	local -a node_first=()
	shape_nodes
	shape_cpus
	for ((n = 0; n < nodes; n++)); do
		spec=node,nodeid=$n
		if ((node_memory[n])); then
			machine+=(-object "memory-backend-memfd,id=mem$n,size=${node_memory[n]}M,share=on")
			spec+=,memdev=mem$n
		fi
		node_first[n]=-1
		if ((node_cpus[n])); then
			node_first[n]=$first
			spec+=,cpus=$first-$((first + node_cpus[n] - 1))
		fi
		machine+=(-numa "$spec")
		((first += node_cpus[n], total += node_memory[n])) || true
	done
	machine+=(-m "${total}M")
	((nodes == 1)) || shape_distances
}

# root_port NODE: a PCIe root port of its own (hence an IOMMU group of its own)
# for the next device, on a node or (empty) on none. Sets port.
root_port() {
	local bus=pcie.0
	((ports += 1))
	port=rp$ports
	if [[ $1 ]]; then
		bus=pxb$1
		if [[ " ${machine[*]} " != *"pxb-pcie,id=$bus,"* ]]; then
			machine+=(-device "pxb-pcie,id=$bus,bus_nr=$((64 + 16 * $1)),bus=pcie.0,numa_node=$1")
		fi
	fi
	machine+=(-device "pcie-root-port,id=$port,bus=$bus,chassis=$ports,slot=$ports")
}

# drive: a disk of 256 MiB that holds no data yet. Sets drive.
new_drive() {
	drive=drive$ports
	truncate -s 256M "$run/$drive"
	machine+=(-drive "if=none,id=$drive,format=raw,cache=unsafe,file=$run/$drive")
}

# add_device NAME[@NODE][,PROPERTY=VALUE...], or QEMU's own words
add_device() {
	local name=${1%%,*} properties='' node='' port drive
	[[ $1 != *,* ]] || properties=,${1#*,}
	[[ $name != *@* ]] || node=${name#*@}
	case ${name%@*} in
	nvme)
		root_port "$node"
		new_drive
		machine+=(-device "nvme,serial=lab$ports,drive=$drive,bus=$port$properties")
		;;
	nvme-sriov)
		root_port "$node"
		new_drive
		machine+=(
			-device "nvme-subsys,id=subsys$ports"
			-device "nvme,id=nvme$ports,serial=lab$ports,bus=$port,subsys=subsys$ports,sriov_max_vfs=2,sriov_vq_flexible=4,sriov_vi_flexible=4,sriov_max_vq_per_vf=2,sriov_max_vi_per_vf=2,max_ioqpairs=8,msix_qsize=9$properties"
			-device "nvme-ns,drive=$drive,bus=nvme$ports,shared=on,nsid=1"
		)
		;;
	e1000e | igb)
		root_port "$node"
		machine+=(
			-netdev "user,id=net$ports,restrict=on"
			-device "${name%@*},netdev=net$ports,bus=$port$properties"
		)
		;;
	ahci)
		root_port "$node"
		new_drive
		machine+=(
			-device "ich9-ahci,id=ahci$ports,bus=$port$properties"
			-device "ide-hd,drive=$drive,bus=ahci$ports.0"
		)
		;;
	ivshmem)
		root_port "$node"
		machine+=(
			-object "memory-backend-memfd,id=shared$ports,size=1M,share=on"
			-device "ivshmem-plain,memdev=shared$ports,bus=$port$properties"
		)
		;;
	edu)
		root_port "$node"
		machine+=(-device "edu,dma_mask=281474976710655,bus=$port$properties")
		;;
	*) machine+=(-device "$1") ;;
	esac
}

# link_to listen:WHERE|connect:WHERE, a port on 127.0.0.1 or a socket's path
link_to() {
	local role=${1%%:*} where=${1#*:} netdev last
	case $role in
	listen) netdev=server=on last=1 ;;
	connect)
		netdev=server=off,reconnect-ms=500 last=2
		((qemu_major >= 10)) || netdev=server=off,reconnect=1
		;;
	*) die "--net is listen:WHERE or connect:WHERE" ;;
	esac
	if [[ $where =~ ^[0-9]+$ ]]; then
		netdev+=,addr.type=inet,addr.host=127.0.0.1,addr.port=$where
	else
		netdev+=,addr.type=unix,addr.path=$(realpath -m "$where")
	fi
	mac=52:54:00:1a:b0:0$last
	address=${address:-10.77.0.$last/24}
	machine+=(-netdev "stream,id=link,$netdev" -device "virtio-net-pci,netdev=link,mac=$mac")
}

# share TAG SOCKET: a directory that virtiofsd serves
share() {
	machine+=(-chardev "socket,id=$1,path=$2" -device "vhost-user-fs-pci,chardev=$1,tag=$1,queue-size=1024")
}

machine_arguments() {
	local device ports=0 accel=tcg,thread=multi,tb-size=512
	machine=(
		-nodefaults -no-user-config -display none -no-reboot
		-accel "$accel" -cpu "$cpu_model"
		-M "q35,kernel-irqchip=split$machine_options"
		-kernel "$kernel_image" -append "$(kernel_arguments)"
		-chardev "file,id=console,path=$run/console" -serial chardev:console
		-chardev "socket,id=stream,fd=3" -device virtio-serial-pci
		-device virtserialport,chardev=stream,name=lab.stream
	)
	[[ ! $initrd ]] || machine+=(-initrd "$initrd")
	# First, for it to be there when the others ask for their DMA
	[[ $iommu = no ]] || machine+=(-device intel-iommu,intremap=on,caching-mode=on)
	shape_numa
	share hostfs "$run/hostfs.sock"
	[[ ! $out ]] || share out "$run/out.sock"
	for device in "${devices[@]}"; do
		add_device "$device"
	done
	[[ ! $net ]] || link_to "$net"
	machine+=("${qemu_arguments[@]}")
}

# Errors of the emulated machine end it, and do not pass for a slow test.
kernel_arguments() {
	local words="root=hostfs rootfstype=virtiofs ro init=$run/init lab.run=$run"
	words+=" console=ttyS0 loglevel=7 oops=panic panic=-1 watchdog_thresh=30"
	words+=" rcupdate.rcu_cpu_stall_timeout=120 random.trust_cpu=on mitigations=off tsc=reliable"
	[[ $iommu = no ]] || words+=" intel_iommu=on"
	[[ ! $boot_hugepages ]] || words+=" hugepagesz=1G hugepages=$boot_hugepages"
	echo "$words $append"
}

# hugepages_words: from 2M=N[@NODE],...,1G=NODE:N,... to KIB:NODE:COUNT words in
# hugepage_words, and what the kernel has to do at boot in boot_hugepages.
parse_hugepages() {
	local item kib='' node count
	local -a items
	hugepage_words='' boot_hugepages=''
	IFS=, read -ra items <<<"$hugepages"
	for item in "${items[@]}"; do
		case $item in
		2M=*) kib=2048 item=${item#*=} ;;
		1G=*) kib=1048576 item=${item#*=} ;;
		esac
		[[ $kib && $item =~ ^([0-9]+:[0-9]+|[0-9]+@[0-9]+|[0-9]+)$ ]] ||
			die "--hugepages: cannot read \"$item\" (2M=N@NODE,... or 1G=NODE:N,...)"
		case $item in
		*@*) count=${item%@*} node=${item#*@} ;;
		*:*) count=${item#*:} node=${item%:*} ;;
		*) count=$item node='' ;;
		esac
		hugepage_words+=" $kib:$node:$count"
		if ((kib == 1048576)); then
			boot_hugepages+=${boot_hugepages:+,}${node:+$node:}$count
		fi
	done
}
