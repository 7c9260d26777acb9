# What benchmarks/ is built from, one file a line.

# benchmarks/NAME.c: payloads that measure, run natively by benchmarks/native as well.
BENCH_PAYLOADS := \
	guest/exit \
	guest/io \
	kernels/bell \
	kernels/chase \
	kernels/cpuid \
	kernels/detour \
	kernels/dgemm \
	kernels/gups \
	kernels/ipi \
	kernels/mmio \
	kernels/msr \
	kernels/quantum \
	kernels/start \
	kernels/stream \
	kernels/timer \
	kernels/touch \

# benchmarks/NAME.c: programs, linked with all of thole but main().
BENCH_PROGRAMS := \
	compute \
	fill \
	interleave \
	native \
	plan_time \


# benchmarks/mpi/NAME.c: MPI programs, built where there is an MPI.
BENCH_MPI := \
	allreduce \
	bandwidth \
	barrier \
	cg \
	latency \
	rank \
	rate \
	stencil \

