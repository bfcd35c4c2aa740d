// Puts load on one URL and measures what a client sees. Needs nothing but Node.js.
//
//   node load-generator.mjs --url https://sut-backend:8443/api/hello [--ca FILE] [--rate N] [--duration SECONDS]
//                           [--timeout MS] [--in-flight N]
//
// Prints one line of JSON for each second and one for all of them, "summary": true, at the end. Exits with 0 when it
// got any answer, with 1 when it got none, with 2 when it was called wrongly. SIGINT and SIGTERM end it early, with the summary.
//
// The load is open: a request is due each 1/rate seconds, whether the ones before it were answered or not, and its latency
// counts from when it was due. So a backend that stalls is not measured as fast because nobody asked meanwhile.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createHistogram } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

const USAGE =
  'usage: load-generator.mjs --url URL [--ca FILE] [--rate N] [--duration SECONDS] [--timeout MS] [--in-flight N]';
/** How often it looks what is due. Finer than a second by far, coarser than a timer for each request. */
const TICK_MS = 2;

/** What was seen in some time: its memory does not grow with the number of requests. */
class Tally {
  #latencyUs = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });
  #statuses = {};
  #errors = {};
  #requests = 0;
  #skipped = 0;

  answered(status, latencyMs) {
    this.#requests += 1;
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    this.#latencyUs.record(Math.max(1, Math.round(latencyMs * 1000)));
  }

  failed(code) {
    this.#requests += 1;
    this.#errors[code] = (this.#errors[code] ?? 0) + 1;
  }

  /** It was due, and was not sent because too many were on their way. */
  skipped() {
    this.#skipped += 1;
  }

  get answers() {
    return this.#latencyUs.count;
  }

  report() {
    const latency = this.#latencyUs;
    const ms = (us) => Math.round(us) / 1000;
    return {
      requests: this.#requests,
      statuses: this.#statuses,
      errors: this.#errors,
      skipped: this.#skipped,
      latency_ms:
        latency.count === 0
          ? null
          : {
              min: ms(latency.min),
              mean: ms(latency.mean),
              p50: ms(latency.percentile(50)),
              p90: ms(latency.percentile(90)),
              p99: ms(latency.percentile(99)),
              max: ms(latency.max),
            },
    };
  }
}

class Load {
  #options;
  #client;
  #request;
  #inFlight = 0;
  #sent = 0;
  #startedMs = performance.now();
  #reportedSeconds = 0;
  #whole = new Tally();
  #second = new Tally();
  #endsMs;

  constructor(options) {
    this.#options = options;
    this.#client = options.url.protocol === 'https:' ? https : http;
    const agent = new this.#client.Agent({ keepAlive: true, maxSockets: options.inFlight });
    this.#request = { agent, timeout: options.timeoutMs, ...(options.ca && { ca: options.ca }) };
    this.#endsMs = this.#startedMs + options.durationS * 1000;
  }

  /** Resolves when the time is over and all answers are there. */
  run() {
    return new Promise((resolve) => {
      const ticks = setInterval(() => {
        this.#sendWhatIsDue();
        this.#reportSeconds();
        if (performance.now() < this.#endsMs || this.#inFlight > 0) return;
        clearInterval(ticks);
        this.#request.agent.destroy();
        resolve(this.#whole);
      }, TICK_MS);
    });
  }

  endNow() {
    this.#endsMs = performance.now();
  }

  #sendWhatIsDue() {
    const untilMs = Math.min(performance.now(), this.#endsMs);
    for (;;) {
      const dueMs = this.#startedMs + (this.#sent * 1000) / this.#options.rate;
      if (dueMs >= untilMs) return;
      this.#sent += 1;
      if (this.#inFlight < this.#options.inFlight) this.#send(dueMs, 'may-resend');
      else this.#count((tally) => tally.skipped());
    }
  }

  #send(dueMs, resend) {
    this.#inFlight += 1;
    let isOver = false;
    const over = (record) => {
      if (isOver) return;
      isOver = true;
      this.#inFlight -= 1;
      record();
    };
    const request = this.#client.get(this.#options.url, this.#request, (response) => {
      response.on('end', () =>
        over(() => this.#count((tally) => tally.answered(response.statusCode, performance.now() - dueMs))),
      );
      response.on('error', (error) => over(() => this.#failed(error)));
      response.resume();
    });
    request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })));
    request.on('error', (error) =>
      over(() => {
        // A kept connection that the server was closing when the request went out: RFC 9112, 9.3.1, says to send it again.
        if (request.reusedSocket && error.code === 'ECONNRESET' && resend === 'may-resend')
          this.#send(dueMs, 'was-resent');
        else this.#failed(error);
      }),
    );
  }

  #failed(error) {
    this.#count((tally) => tally.failed(error.code ?? error.message));
  }

  #count(record) {
    record(this.#whole);
    record(this.#second);
  }

  #reportSeconds() {
    const seconds = Math.floor((performance.now() - this.#startedMs) / 1000);
    if (seconds === this.#reportedSeconds) return;
    this.#reportedSeconds = seconds;
    print({ second: seconds, ...this.#second.report(), in_flight: this.#inFlight });
    this.#second = new Tally();
  }
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      ca: { type: 'string' },
      rate: { type: 'string', default: '20' },
      duration: { type: 'string', default: '10' },
      timeout: { type: 'string', default: '10000' },
      'in-flight': { type: 'string', default: '200' },
    },
  });
  return {
    url: new URL(values.url ?? ''),
    ca: values.ca === undefined ? undefined : readFileSync(values.ca),
    rate: positive('rate', values.rate),
    durationS: positive('duration', values.duration),
    timeoutMs: positive('timeout', values.timeout),
    inFlight: positive('in-flight', values['in-flight']),
  };
}

function positive(name, text) {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) throw new Error(`--${name} is not a number above 0: ${text}`);
  return number;
}

function optionsOrUsage() {
  try {
    return readOptions();
  } catch (error) {
    process.stderr.write(`load-generator: ${error.message}\n${USAGE}\n`);
    process.exit(2);
  }
}

const load = new Load(optionsOrUsage());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => load.endNow());
const whole = await load.run();
print({ summary: true, ...whole.report() });
process.exitCode = whole.answers > 0 ? 0 : 1;
