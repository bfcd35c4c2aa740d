// What the API answers with, by the names that the OpenAPI document has for it. Loaded when that is asked for.
import { z } from 'zod';
import {
  applicationAwayView,
  applicationBackView,
  applicationChangedView,
  applicationChangeView,
  applicationView,
} from '../../wire/application-view.ts';
import { eventsView, eventView, gapView } from '../../wire/event-view.ts';
import { commandView, healthView, versionView } from '../../wire/fleet-view.ts';
import { jobsView, jobView } from '../../wire/job-view.ts';
import { keysView, keyView, newKeyView } from '../../wire/key-view.ts';
import { logSinksView, logSinkView } from '../../wire/log-sink-view.ts';
import { logGapView, logLineView } from '../../wire/log-view.ts';
import { applyView, diagnosticView, planView } from '../../wire/plan-view.ts';
import { PROBLEMS, type ProblemCode } from '../../wire/problem.ts';
import { rebuildView } from '../../wire/rebuild-view.ts';
import { servicesView, serviceView, stateName } from '../../wire/service-view.ts';
import { upgradeView } from '../../wire/upgrade-view.ts';

const missingOutcome = z.strictObject({ service: z.string(), state: stateName, note: z.string() });

/** RFC 9457. */
const problem = z.strictObject({
  type: z.string().describe('urn:bosun:problem: and the code'),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS) as ProblemCode[]).describe('Stable; for programs'),
  detail: z.string().describe('What went wrong this time, for people'),
  next: z.string().describe('What to do next'),
  service: z.string().optional(),
  suggestion: z.string().optional(),
  job: z.int().optional(),
  command: z.string().optional().describe('The id of the command, if one was given to the engine'),
  waiting_for: z.array(missingOutcome).optional(),
  errors: z.array(z.string()).optional(),
  diagnostics: z.array(diagnosticView).optional(),
  rendered: z.string().optional(),
  plan: planView.optional(),
});

export const VIEWS = {
  Application: applicationView,
  ApplicationAway: applicationAwayView,
  ApplicationBack: applicationBackView,
  ApplicationChange: applicationChangeView,
  ApplicationChanged: applicationChangedView,
  Apply: applyView,
  Command: commandView,
  Event: eventView,
  Events: eventsView,
  Gap: gapView,
  Health: healthView,
  Job: jobView,
  Jobs: jobsView,
  Key: keyView,
  Keys: keysView,
  LogGap: logGapView,
  LogLine: logLineView,
  LogSink: logSinkView,
  LogSinks: logSinksView,
  NewKey: newKeyView,
  Plan: planView,
  Problem: problem,
  Rebuild: rebuildView,
  Service: serviceView,
  Services: servicesView,
  Upgrade: upgradeView,
  Version: versionView,
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type ViewName = keyof typeof VIEWS;
