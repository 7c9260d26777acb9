/* SPDX-License-Identifier: GPL-2.0-or-later */
/* payload_wires.c - see payload_wires.h. A message to vector V at APIC id 0: Intel SDM vol. 3A, 11.11. */
#include "vmm/payload_wires.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thole/payload.h>

#include "vmm/layout.h"

static const gpa_t bell[PAYLOAD_WIRES] = { PAYLOAD_BELL, PAYLOAD_BELL_BACK };

static_assert(PAYLOAD_BELL >= LAYOUT_ECAM_BASE + LAYOUT_ECAM_SIZE && PAYLOAD_BELL_BACK < LAYOUT_GED_BASE,
	"the doorbells are nobody else's");

static void bell_remove(struct payload_wires *w, int n)
{
	int err = wires_doorbell(&w->routes->wires, w->fd[n], bell[n], false);

	(void)err; /* the machine ends, and KVM lets go of it then */
	close(w->fd[n]);
}

static int message_route(struct payload_wires *w)
{
	int err = routes_take(w->routes, 1, &w->gsi);

	if (err)
		return err;
	routes_set(w->routes, w->gsi, (struct msi_message){ LAYOUT_LAPIC_BASE, PAYLOAD_BELL_VECTOR });
	err = routes_commit(w->routes);
	if (err)
		routes_give_back(w->routes, w->gsi, 1);
	return err;
}

int payload_wires_init(struct payload_wires *w, struct routes *routes)
{
	int n, err = 0;

	*w = (struct payload_wires){ .routes = routes };
	for (n = 0; n < PAYLOAD_WIRES; n++) {
		w->fd[n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		err = w->fd[n] < 0 ? -errno : wires_doorbell(&routes->wires, w->fd[n], bell[n], true);
		if (err) {
			if (w->fd[n] >= 0)
				close(w->fd[n]);
			goto err_bells;
		}
	}
	if ((err = message_route(w)) != 0)
		goto err_bells;
	if ((err = wires_irqfd(&routes->wires, w->fd[PAYLOAD_WIRE_BACK], w->gsi, true)) != 0)
		goto err_route;
	return 0;

err_route:
	routes_give_back(routes, w->gsi, 1);
err_bells:
	while (n--)
		bell_remove(w, n);
	*w = (struct payload_wires){ 0 };
	return err;
}

void payload_wires_fini(struct payload_wires *w)
{
	int err;

	if (!w->routes)
		return;
	err = wires_irqfd(&w->routes->wires, w->fd[PAYLOAD_WIRE_BACK], w->gsi, false);
	(void)err; /* as above */
	for (int n = PAYLOAD_WIRES; n--;)
		bell_remove(w, n);
	routes_give_back(w->routes, w->gsi, 1);
	*w = (struct payload_wires){ 0 };
}
