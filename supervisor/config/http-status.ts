// The statuses with which an http probe passes: 200, "200-399", or a list of those.
import type { StatusRange } from '../core/probe-spec.ts';
import { ok, quote, wrong, type Parsed } from './parsed.ts';

export function parseStatus(value: number | string): Parsed<StatusRange> {
  const written = /^(\d{3})(?:-(\d{3}))?$/.exec(String(value));
  if (written === null) return wrong(`${quote(value)} is not an HTTP status or a range of them`, REMEDY);
  const from = Number(written[1]);
  const to = Number(written[2] ?? written[1]);
  if (from < 100 || to > 599) return wrong(`${quote(value)} is not between 100 and 599`, REMEDY);
  if (from > to) return wrong(`${quote(value)} starts after its end`, REMEDY);
  return ok({ from, to });
}

const REMEDY = 'Write a status such as 204, a range such as 200-399, or a list of them.';
