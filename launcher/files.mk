# What launcher/ is built from, one file a line.
LAUNCHER_SRCS := \
	launcher/command.c \
	launcher/config.c \
	launcher/config_args.c \
	launcher/config_dump.c \
	launcher/config_file.c \
	launcher/config_scan.c \
	launcher/option.c \
	launcher/option_place.c \
	launcher/option_type.c \
	launcher/run.c \
	launcher/run_command.c \
	launcher/stderr_log.c \
	launcher/suggest.c \
	launcher/terminal.c \

