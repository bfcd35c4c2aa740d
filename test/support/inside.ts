// What goes on inside a container, as a test outside of it sees it: scripts as commands of services, the pids that they write down,
// and the events of a service.
import { readFileSync } from 'node:fs';
import type { Container } from './container.ts';
import { eventsOf } from './ctl-events.ts';
import { until } from './deadline.ts';

/** A script as a command in YAML, which takes JSON for a list; Bosun makes $$ one dollar. */
export function shell(script: string, program = 'sh'): string {
  return JSON.stringify([program, '-c', script.replaceAll('$', () => '$$')]);
}

/** The pid that a process has written to this file, as the container counts. */
export async function pidIn(container: Container, file: string): Promise<number> {
  return until(`the pid in ${file}`, () => {
    const text = container.read(file) ?? '';
    return text.endsWith('\n') && Number(text);
  });
}

/** A zombie does not live. */
export async function livesInside(container: Container, pid: number): Promise<boolean> {
  const outside = await container.pid();
  try {
    // The file system of the container's own PID 1 has its /proc.
    const stat = readFileSync(`/proc/${outside}/root/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

/** The types of a service's events, from the first of this type on. */
export async function typesOf(
  container: Container,
  service: string,
  from: string,
): Promise<readonly string[]> {
  const events = await eventsOf(container);
  const types = events.filter((event) => event.service === service).map((event) => event.type);
  return types.slice(types.indexOf(from));
}

/** What all events of a type carry. */
export async function detailsOf(container: Container, type: string): Promise<readonly unknown[]> {
  const events = await eventsOf(container);
  return events.filter((event) => event.type === type).map((event) => event.details);
}
