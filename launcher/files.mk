# What launcher/ is built from, one file a line.
LAUNCHER_SRCS := \

