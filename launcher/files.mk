# What launcher/ is built from, one file a line.
LAUNCHER_SRCS := \
	launcher/config.c \
	launcher/config_dump.c \
	launcher/config_file.c \
	launcher/config_scan.c \
	launcher/option.c \
	launcher/option_place.c \
	launcher/option_type.c \
	launcher/suggest.c \

