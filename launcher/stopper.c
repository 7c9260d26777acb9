/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stopper.c - a signalfd and a timerfd. */
#include "launcher/stopper.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "vmm/log.h"

static const int stop_signals[] = { SIGTERM, SIGINT, SIGHUP };

void stopper_hard(struct stopper *s, const char *why)
{
	if (end_set(&s->vm->end, END_STOPPED, 0))
		log_warn("%s: the guest is stopped hard", why);
}

static void timer_start(struct stopper *s)
{
	const struct itimerspec when = {
		.it_value = { s->timeout_ms / 1000, (long)(s->timeout_ms % 1000) * 1000000 }
	};

	if (!s->timeout_ms) {
		stopper_hard(s, "no time given to the guest");
		return;
	}
	timerfd_settime(s->timer.fd, 0, &when, NULL);
}

void stopper_press(struct stopper *s, const char *why)
{
	if (s->pressed)
		return;
	s->pressed = true;
	if (!s->power) {
		stopper_hard(s, why);
		return;
	}
	log_info("%s: pressed the power button; the guest has %u.%03u s (--stop-timeout), a second signal stops it at once",
		why, s->timeout_ms / 1000, s->timeout_ms % 1000);
	power_button(s->power);
	if (s->also)
		s->also(s->also_ctx);
	timer_start(s);
}

static void signal_ready(struct loop_source *src, uint32_t events)
{
	struct stopper *s = container_of(src, struct stopper, signals);
	struct signalfd_siginfo info;

	(void)events;
	if (read(src->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (!s->power || s->pressed) {
		stopper_hard(s, strsignal((int)info.ssi_signo));
		return;
	}
	stopper_press(s, strsignal((int)info.ssi_signo));
}

static void timer_ready(struct loop_source *src, uint32_t events)
{
	struct stopper *s = container_of(src, struct stopper, timer);
	uint64_t count;

	(void)events;
	if (read(src->fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
		stopper_hard(s, "it did not power off in time (--stop-timeout)");
}

void stop_signals_hold(struct stop_signals *s)
{
	sigemptyset(&s->set);
	for (size_t i = 0; i < ARRAY_SIZE(stop_signals); i++) {
		struct sigaction now;

		if (sigaction(stop_signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(&s->set, stop_signals[i]);
	}
	pthread_sigmask(SIG_BLOCK, &s->set, &s->before);
}

int stop_signals_waiting(const struct stop_signals *s)
{
	sigset_t waiting;

	sigpending(&waiting);
	for (size_t i = 0; i < ARRAY_SIZE(stop_signals); i++)
		if (sigismember(&s->set, stop_signals[i]) == 1 && sigismember(&waiting, stop_signals[i]) == 1)
			return stop_signals[i];
	return 0;
}

void stop_signals_release(const struct stop_signals *s)
{
	const struct timespec now = { 0 };

	while (sigtimedwait(&s->set, NULL, &now) > 0)
		continue;
	pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}

int stopper_start(struct stopper *s, struct vm *vm, struct power *power, uint32_t timeout_ms,
	const struct stop_signals *signals)
{
	int err;

	*s = (struct stopper){ .vm = vm, .power = power, .timeout_ms = timeout_ms };
	s->signals = (struct loop_source){ signalfd(-1, &signals->set, SFD_CLOEXEC | SFD_NONBLOCK), signal_ready };
	s->timer = (struct loop_source){ timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), timer_ready };
	if (s->signals.fd < 0 || s->timer.fd < 0)
		err = -errno;
	else if ((err = loop_add(&vm->loop, &s->signals, EPOLLIN)) == 0)
		err = loop_add(&vm->loop, &s->timer, EPOLLIN);
	if (!err)
		return 0;
	stopper_stop(s);
	return log_errno(err, "cannot listen for signals: %m");
}

void stopper_stop(struct stopper *s)
{
	if (s->timer.fd >= 0)
		close(s->timer.fd);
	if (s->signals.fd >= 0)
		close(s->signals.fd);
}
