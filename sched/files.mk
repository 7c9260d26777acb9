# What sched/ is built from, one file a line.
SCHED_SRCS := \
	sched/affinity.c \
	sched/claim.c \
	sched/cpus.c \
	sched/culprit.c \
	sched/detour.c \
	sched/doctor.c \
	sched/doctor_cpus.c \
	sched/doctor_host.c \
	sched/doctor_kvm.c \
	sched/doctor_memory.c \
	sched/host_facts.c \
	sched/host_files.c \
	sched/zlib_late.c \
	sched/hostfs.c \
	sched/isolation.c \
	sched/isolation_cgroup.c \
	sched/isolation_job.c \
	sched/isolation_trace.c \
	sched/journal.c \
	sched/knob.c \
	sched/ktext.c \
	sched/noise.c \
	sched/noise_trace.c \
	sched/osnoise.c \
	sched/policy.c \
	sched/quiet.c \
	sched/series.c \
	sched/state.c \
	sched/usage.c \
	sched/worker.c \

