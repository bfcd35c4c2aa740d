// What can only be judged by looking at more than one key of a service file: keys that exclude each other, and keys that would be
// without effect, which a file must not have: who writes one relies on it.
import type { ServiceType } from '../core/service-spec.ts';
import { atKey, atValue, type Contradiction, type Has } from './contradiction.ts';
import type { Diagnostic } from './diagnostic.ts';
import { diagnoseAt, type Path, type PlainValue } from './plain-value.ts';
import type { ServiceDraft } from './service-draft.ts';
import { typeContradictions } from './type-contradictions.ts';
import { valueAt } from './value-at.ts';

export function contradictionsOf(draft: ServiceDraft): Diagnostic[] {
  const { document, facts } = draft;
  // Of what is no map the schema has said so.
  if (document === undefined || !isMap(document.value)) return [];
  const has: Has = (...path) => valueAt(document.value, path) !== undefined;
  // What goes with a type is not known of one that is misspelled.
  const typeIsKnown = !has('type') || valueAt(document.value, ['type']) === facts.type;
  return [
    ...template(draft, has),
    ...importance(draft),
    ...restart(draft),
    ...withoutProbe(has),
    ...reloadTimeout(has),
    ...alreadyEssential(draft),
    ...(typeIsKnown ? typeContradictions(facts, has) : []),
  ].map(({ path, target, ...finding }) => diagnoseAt(document, path, target, finding));
}

function isMap(value: PlainValue): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const MAX_NAME = 63;

function template({ name, template }: ServiceDraft, has: Has): Contradiction[] {
  const at = ['instances'];
  if (template === undefined) {
    const remedy = 'Remove it, or name the file NAME@.yaml.';
    return has('instances') ? [atKey(at, 'only a template has instances', remedy)] : [];
  }
  if (!has('instances')) {
    const remedy = 'Add it, such as instances: 3 or instances: [a, b]; or name the file without the @.';
    return [atKey(at, '"instances" is missing, and without it a template makes no service', remedy)];
  }
  if (name.length <= MAX_NAME) return [];
  return [
    atKey(
      at,
      `"${name}" is longer than ${MAX_NAME} characters`,
      'Make the name of the file or of the instance shorter.',
    ),
  ];
}

function importance({ facts }: ServiceDraft): Contradiction[] {
  if (!facts.essential || !facts.main) return [];
  const remedy = 'Keep main if any end of it stops the container, essential if only a failure does.';
  return [atKey(['essential'], 'essential and main are both true', remedy)];
}

const NEVER_DONE: Readonly<Partial<Record<ServiceType, string>>> = {
  oneshot: 'a oneshot that is always restarted never completes',
  timer: 'a timer that is always restarted never waits for its time',
};

function restart({ file, facts: { type, policy } }: ServiceDraft): Contradiction[] {
  const found: Contradiction[] = [];
  const neverDone = NEVER_DONE[type];
  if (neverDone !== undefined && policy === 'always') {
    const remedy = 'Write on-failure or never, or make it a service.';
    found.push(atValue(['restart', 'policy'], neverDone, remedy));
  }
  if (file !== undefined && file.restart.max_delay < file.restart.delay) {
    const remedy = 'Make max_delay at least as long as delay.';
    found.push(atValue(['restart', 'max_delay'], 'max_delay is shorter than delay', remedy));
  }
  return found;
}

const NOBODY_ASKS = 'Remove it: the service says itself when it is ready.';

/** Where nothing is asked, how often is nothing that could be said. */
const PUSHED: readonly { readonly at: Path; readonly kind: string; readonly remedy: string }[] = [
  { at: ['readiness'], kind: 'notify', remedy: NOBODY_ASKS },
  { at: ['readiness'], kind: 'log', remedy: NOBODY_ASKS },
  { at: ['startup', 'probe'], kind: 'log', remedy: 'Remove it; startup.timeout limits the time.' },
  {
    at: ['liveness'],
    kind: 'watchdog',
    remedy: 'Remove it: watchdog is the time between two signs of life.',
  },
];
const PACE = ['initial_delay', 'period', 'timeout', 'success_threshold', 'failure_threshold'];

function withoutProbe(has: Has): Contradiction[] {
  return PUSHED.filter(({ at, kind }) => has(...at, kind)).flatMap(({ at, kind, remedy }) =>
    PACE.filter((key) => has(...at, key)).map((key) =>
      atKey([...at, key], `${key} has no effect beside ${kind}`, remedy),
    ),
  );
}

function alreadyEssential({ document, facts }: ServiceDraft): Contradiction[] {
  const onGone = document === undefined ? undefined : valueAt(document.value, ['on_gone']);
  if (facts.type !== 'attached' || !facts.essential || onGone !== 'exit') return [];
  const message = 'essential has no effect beside on_gone: exit';
  return [
    atKey(
      ['essential'],
      message,
      'Keep one of the two: with on_gone: wait it ends when its restarts are used up.',
    ),
  ];
}

function reloadTimeout(has: Has): Contradiction[] {
  if (!has('reload', 'signal') || !has('reload', 'timeout')) return [];
  const remedy = 'Remove it: it limits a command.';
  return [atKey(['reload', 'timeout'], 'timeout has no effect beside signal', remedy)];
}
