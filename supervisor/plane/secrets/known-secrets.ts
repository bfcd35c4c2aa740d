// The values that must not be in Bosun's own lines: of the service that a line is about, else of the container.
import { guessSecrets, secretsOf } from '../../core/secrets.ts';
import type { ServiceSpec } from '../../core/service-spec.ts';

export type KnownSecrets = (service: string | undefined) => readonly string[];

/** `own`: Bosun's environment, which is the container's. */
export function createKnownSecrets(
  specOf: (service: string) => ServiceSpec | undefined,
  own: Readonly<Record<string, string | undefined>>,
): KnownSecrets {
  const ofContainer = guessSecrets([own]);
  const ofSpec = new WeakMap<ServiceSpec, readonly string[]>();
  return (service) => {
    const spec = service === undefined ? undefined : specOf(service);
    if (spec === undefined) return ofContainer;
    const known = ofSpec.get(spec) ?? secretsOf(spec).filter((secret) => secret !== spec.name);
    ofSpec.set(spec, known);
    return known;
  };
}
