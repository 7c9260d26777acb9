# What passthrough/ is built from, one file a line.
PASSTHROUGH_SRCS := \

