// What bosunctl knows of its surroundings, read once: streams, width, colour, environment. Commands see nothing else of
// the process.
import { isatty } from 'node:tty';
import { openScreen, type LiveScreen } from './live-screen.ts';
import { openRawStreams, type RawStreams } from './raw-streams.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

export type Terminal = {
  /** In columns; 80 when it is not a terminal. */
  readonly columns: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly workingDir: string;
  /** Whether lines and bars may be drawn with characters beyond ASCII. */
  readonly charset: 'unicode' | 'ascii';
  paint(style: Style, text: string): string;
  /** Resolves when the reader has taken it; so a follower never holds more than its reader is behind. */
  print(text: string | Buffer): Promise<void>;
  complain(text: string): void;
  /** For a picture that changes; undefined when standard output is not a terminal. */
  openScreen(): LiveScreen | undefined;
  /** For bytes of another program, both ways. */
  openStreams(): RawStreams;
};

const CODES: Readonly<Record<Style, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};

export function createTerminal(own: NodeJS.Process): Terminal {
  const { env } = own;
  const color = isatty(1) && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  own.stdout.on('error', endQuietly);
  own.stderr.on('error', () => undefined);
  return {
    columns: isatty(1) ? own.stdout.columns : 80,
    environment: env,
    uid: own.getuid?.() ?? 0,
    workingDir: own.cwd(),
    charset: charsetOf(env),
    paint: (style, text) => (color ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text),
    print: async (text) => {
      await new Promise<void>((resolve) => {
        own.stdout.write(text, () => {
          resolve();
        });
      });
    },
    complain: (text) => {
      own.stderr.write(text);
    },
    openScreen: () => openScreen(own),
    openStreams: () => openRawStreams(own),
  };

  /** `bosunctl logs caddy | head -1`: the reader has seen enough. */
  function endQuietly(): void {
    own.exit(0);
  }
}

/** locale(7): the first of the three that is set. In a container often none is, and terminals speak UTF-8 all the same. */
function charsetOf(environment: NodeJS.ProcessEnv): Terminal['charset'] {
  const locale = ['LC_ALL', 'LC_CTYPE', 'LANG']
    .map((key) => environment[key] ?? '')
    .find((text) => text !== '');
  return locale === undefined || /utf-?8/i.test(locale) ? 'unicode' : 'ascii';
}
