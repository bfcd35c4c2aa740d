// What `bosunctl --json` says, read with the wire's own schemas, and waiting for an event or a state.
import { eventsView, type EventView } from '../../supervisor/wire/event-view.ts';
import { servicesView, type ServiceView } from '../../supervisor/wire/service-view.ts';
import type { Container } from './container.ts';
import { until } from './deadline.ts';

export async function statusOf(container: Container, name: string): Promise<ServiceView | undefined> {
  const { code, stdout } = await container.ctl('status', '--json');
  if (code !== 0) return undefined;
  const { services } = servicesView.parse(JSON.parse(stdout));
  return services.find((service) => service.name === name);
}

export async function reaches(
  container: Container,
  name: string,
  state: ServiceView['state'],
): Promise<ServiceView> {
  return until(`${name} to be ${state}; stderr: ${container.stderr.text}`, async () => {
    const service = await statusOf(container, name);
    return service?.state === state ? service : undefined;
  });
}

/** All events so far, oldest first; none while the control plane cannot be reached. */
export async function eventsOf(container: Container): Promise<readonly EventView[]> {
  const { code, stdout } = await container.ctl('events', '--json');
  if (code !== 0) return [];
  return eventsView.parse(JSON.parse(stdout)).events;
}
