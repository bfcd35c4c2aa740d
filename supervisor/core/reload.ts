// A reload: a signal to the leader or a command, as the service declares. One that comes while the service is starting is
// kept until it is ready, because the service may have read its old configuration already.
import type { Draft } from './draft.ts';
import { isLive } from './service-state.ts';

export function reloadRun(draft: Draft, index: number): void {
  const { name: service, state } = draft.record(index);
  if (state.kind === 'starting') {
    draft.emit({ type: 'reload-deferred', service, run: state.run });
    return;
  }
  if (!isLive(state) || state.kind === 'stopping') return;
  const { run } = state;
  const { reload } = draft.spec(index);
  switch (reload.kind) {
    case 'none':
      return;
    case 'signal':
      draft.emit({ type: 'reload-started', service, run });
      draft.do({ type: 'signal-leader', service, run, signal: reload.signal });
      draft.emit({
        type: 'reload-finished',
        service,
        run,
        outcome: { kind: 'done', detail: `sent ${reload.signal}` },
      });
      return;
    case 'command':
      draft.emit({ type: 'reload-started', service, run });
      draft.do({ type: 'reload', service, run });
      return;
  }
}
