/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * terminal.c - termios, and the signals after which nobody else would put it back.
 *
 * A handler restores the terminal, puts the action back that was there before, and raises the
 * signal again, so that core dumps, exit codes and other handlers stay what they were. What the
 * program takes by signalfd it has blocked, and never arrives here.
 *
 * Output keeps its processing (\n starts a line at the left): payloads and our own messages write
 * plain newlines, and the \r\n of serial consoles loses nothing by it.
 */
#include "launcher/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "vmm/log.h"

#define CTRL_A 0x01

/* Signals that end the process if nobody handles them; those that a fault raises come first. */
static const int ending[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT, SIGHUP,
	SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ, SIGVTALRM,
	SIGPROF };
#define FAULTS 6

static struct {
	atomic_flag lock; /* held with all signals blocked: no handler waits for its own thread */
	bool open;
	bool raw; /* is it raw now? */
	bool at_exit;
	int fd;
	struct termios before;
	struct sigaction old[ARRAY_SIZE(ending)];
	struct sigaction old_tstp, old_cont;
	bool stopping; /* between a stop signal and the end of its handler */
} tty = { .lock = ATOMIC_FLAG_INIT };

static void tty_lock(sigset_t *mask)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, mask);
	while (atomic_flag_test_and_set_explicit(&tty.lock, memory_order_acquire))
		continue;
}

static void tty_unlock(const sigset_t *mask)
{
	atomic_flag_clear_explicit(&tty.lock, memory_order_release);
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

/* Also true of a terminal that isn't the controlling one: then there is no job control. */
static bool foreground(int fd)
{
	pid_t group = tcgetpgrp(fd);

	return group < 0 || group == getpgrp();
}

/* Call with the lock, and so with SIGTTOU blocked, which would else stop a background process. */
static int raw_set(void)
{
	struct termios raw = tty.before;

	if (tty.raw || !foreground(tty.fd))
		return 0;
	cfmakeraw(&raw);
	raw.c_oflag = tty.before.c_oflag;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(tty.fd, TCSANOW, &raw) != 0)
		return -errno;
	tty.raw = true;
	return 0;
}

static void raw_leave(void)
{
	/* In the background it is somebody else's, who has set it to their liking. */
	if (tty.raw && foreground(tty.fd))
		tcsetattr(tty.fd, TCSANOW, &tty.before);
	tty.raw = false;
}

void terminal_restore(void)
{
	int saved = errno;
	sigset_t mask;

	tty_lock(&mask);
	raw_leave();
	tty_unlock(&mask);
	errno = saved;
}

static void on_ending(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	terminal_restore();
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++) {
		if (ending[i] != sig)
			continue;
		sigaction(sig, &tty.old[i], NULL);
		/* A fault happens again by itself, with its address; anything else is sent again,
		 * and arrives when this returns. */
		if (i >= FAULTS || info->si_code <= 0)
			raise(sig);
	}
	errno = saved;
}

static void raw_again(void)
{
	sigset_t mask;

	tty_lock(&mask);
	if (tty.open && !tty.stopping) {
		tty.raw = false; /* whatever it was: the shell has changed it meanwhile */
		raw_set();
	}
	tty_unlock(&mask);
}

static void on_cont(int sig)
{
	int saved = errno;

	(void)sig;
	raw_again();
	errno = saved;
}

static void stopping_set(bool stopping)
{
	sigset_t mask;

	tty_lock(&mask);
	tty.stopping = stopping;
	tty_unlock(&mask);
}

static void on_tstp(int sig)
{
	const struct sigaction stop = { .sa_handler = SIG_DFL };
	struct sigaction ours;
	int saved = errno;
	sigset_t only, mask;

	/* Until our handler is back, the terminal stays as it was: the next stop may come any time. */
	stopping_set(true);
	terminal_restore();
	sigaction(sig, &stop, &ours);
	sigemptyset(&only);
	sigaddset(&only, sig);
	raise(sig);
	pthread_sigmask(SIG_UNBLOCK, &only, &mask); /* here the process stops */
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	sigaction(sig, &ours, NULL);
	stopping_set(false);
	on_cont(SIGCONT);
	errno = saved;
}

static void handlers_install(void)
{
	struct sigaction end = { .sa_sigaction = on_ending, .sa_flags = SA_SIGINFO };
	struct sigaction cont = { .sa_handler = on_cont, .sa_flags = SA_RESTART };
	struct sigaction tstp = { .sa_handler = on_tstp, .sa_flags = SA_RESTART };

	sigfillset(&end.sa_mask);
	for (size_t i = 0; i < FAULTS; i++)
		sigdelset(&end.sa_mask, ending[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++) {
		sigaction(ending[i], NULL, &tty.old[i]);
		/* A handler that the program has means that the signal doesn't end it; after a
		 * fault it can only report and end. */
		if (tty.old[i].sa_handler == SIG_DFL ||
			(i < FAULTS && tty.old[i].sa_handler != SIG_IGN))
			sigaction(ending[i], &end, NULL);
	}
	sigaction(SIGCONT, &cont, &tty.old_cont);
	sigaction(SIGTSTP, NULL, &tty.old_tstp);
	if (tty.old_tstp.sa_handler == SIG_DFL)
		sigaction(SIGTSTP, &tstp, NULL);
}

/* Only what is still ours: somebody may have installed their own meanwhile. */
static void handler_remove(int sig, const struct sigaction *old, bool ours)
{
	if (ours)
		sigaction(sig, old, NULL);
}

static void handlers_remove(void)
{
	struct sigaction now;

	for (size_t i = 0; i < ARRAY_SIZE(ending); i++) {
		sigaction(ending[i], NULL, &now);
		handler_remove(ending[i], &tty.old[i],
			(now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_ending);
	}
	sigaction(SIGCONT, NULL, &now);
	handler_remove(SIGCONT, &tty.old_cont, now.sa_handler == on_cont);
	sigaction(SIGTSTP, NULL, &now);
	handler_remove(SIGTSTP, &tty.old_tstp, now.sa_handler == on_tstp);
}

int terminal_open(struct terminal *t, int in, int out)
{
	sigset_t mask;
	int err;

	*t = (struct terminal){ .in = in, .out = out };
	if (!isatty(in))
		return 0;
	if (tty.open)
		return log_errno(-EBUSY, "the terminal is in use by this process already");
	if (tcgetattr(in, &tty.before) != 0)
		return log_errno(-errno, "cannot read the terminal's settings: %m");
	if (!tty.at_exit)
		atexit(terminal_restore);
	tty.at_exit = true;
	tty.fd = in;
	handlers_install();
	tty_lock(&mask);
	err = raw_set();
	tty.open = !err;
	tty_unlock(&mask);
	if (err) {
		handlers_remove();
		return log_errno(err, "cannot change the terminal's settings: %m");
	}
	t->open = true;
	return 0;
}

void terminal_close(struct terminal *t)
{
	sigset_t mask;

	if (!t->open)
		return;
	tty_lock(&mask);
	raw_leave();
	tty.open = false;
	tty_unlock(&mask);
	handlers_remove();
	t->open = false;
}

ssize_t terminal_read(struct terminal *t, void *buf, size_t size)
{
	ssize_t n;

	/* A read in the background would stop the process, and the guest with it. */
	if (!foreground(t->in))
		return -EAGAIN;
	if (!tty.raw)
		raw_again(); /* shells send no SIGCONT to a job that ran on in the background */
	n = read(t->in, buf, size);
	return n >= 0 ? n : errno == EINTR ? -EAGAIN : -errno;
}

void terminal_help(const struct terminal *t)
{
	static const char text[] = "\n"
		"Ctrl-A x       stop this machine hard\n"
		"Ctrl-A a       send a Ctrl-A; Ctrl-A Ctrl-A does too\n"
		"Ctrl-A h       show this\n";

	/* Nobody to tell when this fails. */
	if (write(t->out, text, sizeof(text) - 1) < 0)
		return;
}

enum terminal_verdict terminal_escape_feed(struct terminal_escape *e, uint8_t byte,
	uint8_t pass[TERMINAL_PASS_MAX], uint32_t *nr)
{
	*nr = 0;
	if (!e->pending) {
		e->pending = byte == CTRL_A;
		if (!e->pending)
			pass[(*nr)++] = byte;
		return TERMINAL_PASS;
	}
	e->pending = false;
	switch (byte) {
	case 'x': return TERMINAL_QUIT;
	case 'h': return TERMINAL_HELP;
	case 'a':
	case CTRL_A: pass[(*nr)++] = CTRL_A; return TERMINAL_PASS;
	}
	pass[(*nr)++] = CTRL_A;
	pass[(*nr)++] = byte;
	return TERMINAL_PASS;
}
