# What benchmarks/ is built from, one file a line.

# benchmarks/NAME.c: payloads that measure, run natively by benchmarks/native as well.
BENCH_PAYLOADS := \
	guest/exit \
	guest/io \
	guest/wait \
	payload_chase \
	payload_gups \
	payload_triad \

# benchmarks/NAME.c: programs, linked with all of thole but main().
BENCH_PROGRAMS := \
	fill \
	interleave \
	native \
	plan_time \

