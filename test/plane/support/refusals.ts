// What the control plane has told the engine of refused attempts: each becomes an event there.
import type { AuditEvent } from '../../../supervisor/core/event.ts';
import type { PlaneRig } from './plane-rig.ts';

export type AccessRefused = Extract<AuditEvent, { type: 'access-refused' }>;

export function refusalsOf(rig: PlaneRig): readonly AccessRefused[] {
  return rig.all('note').flatMap(({ event }) => (event.type === 'access-refused' ? [event] : []));
}

export async function refusal(
  rig: PlaneRig,
  fits: (event: AccessRefused) => boolean,
): Promise<AccessRefused> {
  await rig.until(() => refusalsOf(rig).some(fits), `a refusal like ${String(fits)}`);
  return refusalsOf(rig).find(fits) as AccessRefused;
}
