// `depends_on: [NAME@]` means every instance of NAME@.yaml. A name without such a file stays as it is and is refused by
// cross-checks.ts, and so does a template's own: its instances cannot all wait for each other.
import type { DraftDependency, ServiceDraft } from './service-draft.ts';
import { templateName } from './template.ts';

export function meanAllInstances(drafts: readonly ServiceDraft[]): readonly ServiceDraft[] {
  const instances = new Map<string, string[]>();
  for (const { name, template } of drafts) {
    if (template !== undefined) instances.set(template, [...(instances.get(template) ?? []), name]);
  }
  if (instances.size === 0) return drafts;
  return drafts.map((draft) => {
    const dependsOn = draft.facts.dependsOn.flatMap((dependency) => expand(draft, dependency, instances));
    return { ...draft, facts: { ...draft.facts, dependsOn } };
  });
}

function expand(
  draft: ServiceDraft,
  dependency: DraftDependency,
  instances: ReadonlyMap<string, readonly string[]>,
): readonly DraftDependency[] {
  const template = templateName(dependency.name);
  const names = template === undefined || template === draft.template ? undefined : instances.get(template);
  return names?.map((name) => ({ ...dependency, name })) ?? [dependency];
}
