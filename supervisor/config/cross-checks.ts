// What can only be judged by looking at more than one file: names that must exist, cycles. contradictions.ts has what one file can be
// judged by.
import { findCycle } from '../core/dependency-graph.ts';
import { contradictionsOf } from './contradictions.ts';
import type { Diagnostic, Finding } from './diagnostic.ts';
import { diagnoseAt, type Path } from './plain-value.ts';
import type { DraftDependency, ServiceDraft } from './service-draft.ts';
import { didYouMean } from '../core/suggestion.ts';
import { templateName } from './template.ts';

type Drafts = ReadonlyMap<string, ServiceDraft>;

export function crossCheck(drafts: readonly ServiceDraft[]): readonly Diagnostic[] {
  const byName: Drafts = new Map(drafts.map((draft) => [draft.name, draft]));
  return [
    ...drafts.flatMap(contradictionsOf),
    ...checkNames(drafts),
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

/** Two files cannot have one name; an instance of a template can meet another service. */
function checkNames(drafts: readonly ServiceDraft[]): Diagnostic[] {
  return drafts.flatMap((draft, index) => {
    if (draft.template === undefined) return [];
    const other = drafts.find(
      ({ name, template }, at) =>
        name === draft.name && template !== draft.template && (template === undefined || at < index),
    );
    if (other === undefined) return [];
    const file = other.template === undefined ? other.name : `${other.template}@`;
    const message = `the service "${draft.name}" is described by ${file}.yaml already`;
    return report(draft, ['instances'], 'key', { message, remedy: 'Choose another name for the instance.' });
  });
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
  const template = templateName(name);
  if (template !== undefined) return checkTemplate(draft, dependency, template);
  const target = byName.get(name);
  if (target === undefined && !dependency.required) return [];
  if (target === undefined) {
    const others = [...byName.values()].flatMap(namesOf).filter((other) => other !== draft.name);
    const remedy = `${didYouMean(name, others)}Add ${name}.yaml, or write { required: false } if it may be missing.`;
    return report(draft, path, 'key', { message: `no service is called "${name}"`, remedy });
  }
  if (target.facts.type === 'timer') {
    return report(draft, path, 'key', {
      message: `"${name}" is a timer, which is never ready`,
      remedy: 'Remove it; what must run before this service is a oneshot.',
    });
  }
  // Of a file that cannot be read as YAML nothing is known.
  const neverCompletes = target.document !== undefined && target.facts.policy === 'always';
  if (dependency.condition !== 'service_completed_successfully') return [];
  if (target.facts.type === 'attached') {
    const message = `"${name}" is attached, so it never completes`;
    return report(draft, path, 'key', { message, remedy: 'Wait for service_healthy.' });
  }
  if (!neverCompletes) return [];
  return report(draft, path, 'key', {
    message: `"${name}" is always restarted, so it never completes`,
    remedy: `Make ${name} a oneshot, or wait for service_healthy.`,
  });
}

function namesOf({ name, template }: ServiceDraft): readonly string[] {
  return template === undefined ? [name] : [`${template}@`, name];
}

/** What is left of them when those that exist have become their instances. */
function checkTemplate(
  draft: ServiceDraft,
  { path, required }: DraftDependency,
  template: string,
): Diagnostic[] {
  if (template === draft.template) {
    const message = 'the instances of a template cannot wait for each other';
    return report(draft, path, 'key', { message, remedy: 'Remove it from depends_on.' });
  }
  if (!required) return [];
  const remedy = `Add ${template}@.yaml, or write ${template} for a service without instances.`;
  return report(draft, path, 'key', { message: `no template is called "${template}@"`, remedy });
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
