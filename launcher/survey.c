/* SPDX-License-Identifier: GPL-2.0-or-later */
/* survey.c - see survey.h. */
#include "launcher/survey.h"

#include <sched.h>

#include "numa/host_sysfs.h"

/* Says nothing: an error is told once, by who needs the result. */
static void *survey_thread(void *arg)
{
	struct survey *s = arg;

	s->err = host_load_sysfs(&s->host, "");
	return NULL;
}

/* Is there a second CPU that could do it? More than fit in a set of the usual size: there is. */
static bool has_second_cpu(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) > 1;
}

void survey_begin(struct survey *s)
{
	*s = (struct survey){ 0 };
	s->begun = has_second_cpu() && pthread_create(&s->thread, NULL, survey_thread, s) == 0;
}

static bool survey_finish(struct survey *s)
{
	bool read = s->begun && pthread_join(s->thread, NULL) == 0 && !s->err;

	s->begun = false;
	return read;
}

int survey_take(struct survey *s, struct host *h)
{
	if (!survey_finish(s))
		return host_load(h);
	*h = s->host;
	return 0;
}

void survey_end(struct survey *s)
{
	if (survey_finish(s))
		host_fini(&s->host);
}
