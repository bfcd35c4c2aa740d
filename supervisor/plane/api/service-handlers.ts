// Reads about services and about the whole.
import type { HealthView, VersionView } from '../../wire/fleet-view.ts';
import type { ServicesView } from '../../wire/service-view.ts';
import { monotonicMs } from '../ports.ts';
import { projectHealth } from '../views/health.ts';
import { projectShutdown } from '../views/next-action.ts';
import { projectService } from '../views/service-projection.ts';
import type { FleetView } from '../views/fleet-view.ts';
import type { Handler } from './context.ts';
import { json, serviceNotFound } from './problem-response.ts';

export const listServices: Handler = ({ view, journal }) => {
  const body: ServicesView = {
    phase: view.fleet.phase.kind,
    shutdown: projectShutdown(view.fleet.phase, monotonicMs()),
    last_event_id: view.events.lastId,
    journal: journal.report,
    services: view.all().map((seen) => projectService(view, seen)),
  };
  return json(body);
};

export const showService: Handler = ({ view }, { params }) => {
  const name = params['name'] ?? '';
  const seen = view.find(name);
  return seen === undefined ? serviceNotFound(name, namesIn(view)) : json(projectService(view, seen));
};

/** 503 when unhealthy, so that `curl --fail` and probes understand it. */
export const showHealth: Handler = ({ view, droppedLogLines }) => {
  const health: HealthView = projectHealth(view, droppedLogLines());
  return json(health, health.status === 'healthy' ? 200 : 503);
};

/** That the control plane answers at all. */
export const showAlive: Handler = () => new Response('ok\n', { headers: { 'content-type': 'text/plain' } });

export const showVersion: Handler = ({ settings }) => {
  const body: VersionView = {
    version: settings.version,
    api: 'v1',
    node: process.version,
    pid: settings.enginePid,
    state_directory: settings.stateDir,
    configuration_directory: settings.configuration.directory,
  };
  return json(body);
};

export function namesIn(view: FleetView): readonly string[] {
  return view.fleet.services.map((record) => record.name);
}
