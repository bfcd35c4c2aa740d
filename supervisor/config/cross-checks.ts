// What can only be judged by looking at more than one key or more than one file: names that must exist, cycles, contradictions.
import { findCycle } from '../core/dependency-graph.ts';
import type { Diagnostic, Finding } from './diagnostic.ts';
import { diagnoseAt, type Path } from './plain-value.ts';
import type { DraftDependency, ServiceDraft } from './service-draft.ts';
import { didYouMean } from './suggestion.ts';

type Drafts = ReadonlyMap<string, ServiceDraft>;

export function crossCheck(drafts: readonly ServiceDraft[]): readonly Diagnostic[] {
  const byName: Drafts = new Map(drafts.map((draft) => [draft.name, draft]));
  return [
    ...drafts.flatMap(checkContradictions),
    ...drafts.flatMap((draft) => checkDependencies(draft, byName)),
    ...checkCycles(drafts, byName),
    ...checkMains(drafts),
  ];
}

function report(
  draft: ServiceDraft,
  path: Path,
  target: 'key' | 'value',
  finding: Omit<Finding, 'key'>,
): Diagnostic[] {
  return draft.document === undefined ? [] : [diagnoseAt(draft.document, path, target, finding)];
}

function checkContradictions(draft: ServiceDraft): Diagnostic[] {
  const { type, policy, essential, main } = draft.facts;
  const restart = draft.file?.restart;
  return [
    ...(type === 'oneshot' && policy === 'always'
      ? report(draft, ['restart', 'policy'], 'value', {
          message: 'a oneshot that is always restarted never completes',
          remedy: 'Write on-failure or never, or make it a service.',
        })
      : []),
    ...(essential && main
      ? report(draft, ['essential'], 'key', {
          message: 'essential and main are both true',
          remedy: 'Keep main if any end of it stops the container, essential if only a failure does.',
        })
      : []),
    ...(restart !== undefined && restart.max_delay < restart.delay
      ? report(draft, ['restart', 'max_delay'], 'value', {
          message: 'max_delay is shorter than delay',
          remedy: 'Make max_delay at least as long as delay.',
        })
      : []),
  ];
}

function checkDependencies(draft: ServiceDraft, byName: Drafts): Diagnostic[] {
  const seen = new Set<string>();
  return draft.facts.dependsOn.flatMap((dependency) => {
    const repeated = seen.has(dependency.name);
    seen.add(dependency.name);
    if (repeated) {
      const message = `"${dependency.name}" is listed twice`;
      return report(draft, dependency.path, 'key', { message, remedy: 'Remove one of the two.' });
    }
    return checkDependency(draft, dependency, byName);
  });
}

function checkDependency(draft: ServiceDraft, dependency: DraftDependency, byName: Drafts): Diagnostic[] {
  const { name, path } = dependency;
  if (name === draft.name) {
    return report(draft, path, 'key', {
      message: 'the service depends on itself',
      remedy: 'Remove it from depends_on.',
    });
  }
  const target = byName.get(name);
  if (target === undefined && !dependency.required) return [];
  if (target === undefined) {
    const others = [...byName.keys()].filter((other) => other !== draft.name);
    const remedy = `${didYouMean(name, others)}Add ${name}.yaml, or write { required: false } if it may be missing.`;
    return report(draft, path, 'key', { message: `no service is called "${name}"`, remedy });
  }
  // Of a file that cannot be read as YAML nothing is known.
  const neverCompletes = target.document !== undefined && target.facts.policy === 'always';
  if (dependency.condition !== 'service_completed_successfully' || !neverCompletes) return [];
  return report(draft, path, 'key', {
    message: `"${name}" is always restarted, so it never completes`,
    remedy: `Make ${name} a oneshot, or wait for service_healthy.`,
  });
}

/** More than that, and the first ones say enough. */
const MAX_CYCLES = 20;

function checkCycles(drafts: readonly ServiceDraft[], byName: Drafts): Diagnostic[] {
  const needs = new Map(drafts.map((draft) => [draft.name, needsOf(draft)]));
  const diagnostics: Diagnostic[] = [];
  for (let found = 0; found < MAX_CYCLES; found += 1) {
    const cycle = findCycle([...needs].map(([name, names]) => ({ name, needs: [...names] })));
    const [first, second] = cycle ?? [];
    if (cycle === undefined || first === undefined || second === undefined) break;
    const draft = byName.get(first);
    if (draft !== undefined) diagnostics.push(...reportCycle(draft, second, cycle));
    // Without this edge the next search finds the next cycle.
    needs.get(first)?.delete(second);
  }
  return diagnostics;
}

/** Without itself: that has a message of its own. */
function needsOf(draft: ServiceDraft): Set<string> {
  return new Set(
    draft.facts.dependsOn.map((dependency) => dependency.name).filter((name) => name !== draft.name),
  );
}

function reportCycle(draft: ServiceDraft, need: string, cycle: readonly string[]): Diagnostic[] {
  const path = draft.facts.dependsOn.find((dependency) => dependency.name === need)?.path ?? ['depends_on'];
  return report(draft, path, 'key', {
    message: `these services wait for each other: ${cycle.join(' -> ')}`,
    remedy: 'Remove one of these dependencies.',
  });
}

function checkMains(drafts: readonly ServiceDraft[]): Diagnostic[] {
  const [first, ...others] = drafts.filter((draft) => draft.facts.main);
  if (first === undefined) return [];
  return others.flatMap((draft) =>
    report(draft, ['main'], 'key', {
      message: `"${first.name}" and "${draft.name}" are both main`,
      remedy: 'The container has one exit code: keep main for one of them, make the other essential.',
    }),
  );
}
