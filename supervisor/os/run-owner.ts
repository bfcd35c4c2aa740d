// Whose a run is: one life of a service, or a job, which has no other.
import type { JobId, ServiceName } from '../core/names.ts';

export type RunOwner =
  { readonly kind: 'service'; readonly service: ServiceName } | { readonly kind: 'job'; readonly job: JobId };
