// Every example in README and docs is run: service files are loaded, command lines are given to the programs as they stand.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfiguration } from '../../supervisor/config/load.ts';
import { renderDiagnostics } from '../../supervisor/config/diagnostic.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })].sort();

type Block = { readonly page: string; readonly language: string; readonly text: string };

function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', body = '']) => ({
    page,
    language,
    text: body,
  }));
}

const blocks = PAGES.flatMap(blocksOf);

describe('service files in the docs', () => {
  const SERVICE = /^# services\.d\/([a-z0-9_-]+@?)\.yaml\n/;
  const services = blocks.filter((block) => block.language === 'yaml' && SERVICE.test(block.text));
  const nameOf = (text: string): string => SERVICE.exec(text)?.[1] ?? '';

  const exampleOf = (name: string, page: string): string | undefined =>
    services.find((block) => block.page === page && nameOf(block.text) === name)?.text;

  /** What an example depends on is there too: from the same page, or as a service without much to it. */
  function writeWithNeeded(directory: string, name: string, page: string, text?: string): void {
    // A user whom this machine need not have.
    const loadable = text?.replace(/^user: web$/m, 'user: 1002') ?? 'command: [sleep, "1"]\n';
    writeFileSync(join(directory, `${name}.yaml`), loadable);
    for (const [, needed = ''] of loadable.matchAll(/^ {2}([a-z-]+): \{ condition/gm))
      writeWithNeeded(directory, needed, page, exampleOf(needed, page));
  }

  it('are there', () => {
    assert.ok(services.length > 0);
  });

  for (const { page, text } of services) {
    const name = nameOf(text);
    it(`${page}: ${name}.yaml can be loaded`, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'bosun-docs-'));
      try {
        mkdirSync(join(directory, 'services.d'));
        writeWithNeeded(join(directory, 'services.d'), name, page, text);
        const loaded = await loadConfiguration({
          directory: join(directory, 'services.d'),
          environment: { PATH: '/bin' },
        });
        assert.equal(
          loaded.kind,
          'loaded',
          loaded.kind === 'refused' ? renderDiagnostics(loaded.diagnostics, { color: false }) : '',
        );
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
});

describe('bosun.yaml in the docs', () => {
  const wholes = blocks.filter(({ text }) => text.startsWith('# /etc/bosun/bosun.yaml\n'));

  it('can be loaded', async () => {
    assert.ok(wholes.length > 0);
    for (const { text } of wholes) {
      const directory = mkdtempSync(join(tmpdir(), 'bosun-docs-'));
      try {
        mkdirSync(join(directory, 'services.d'));
        writeFileSync(join(directory, 'services.d', 'web.yaml'), 'command: [sleep, "1"]\n');
        // A user whom this machine need not have.
        writeFileSync(join(directory, 'bosun.yaml'), text.replace('deploy', '1002'));
        const loaded = await loadConfiguration({
          directory: join(directory, 'services.d'),
          environment: { PATH: '/bin' },
        });
        assert.equal(loaded.kind, 'loaded', JSON.stringify(loaded));
      } finally {
        rmSync(directory, { recursive: true });
      }
    }
  });
});

describe('command lines in the docs', () => {
  const commands = blocks
    .filter((block) => block.language === 'sh' || block.language === 'console')
    .flatMap(({ page, text }) =>
      text.split('\n').flatMap((line) => {
        const command = /^(?:\$ )?(bosun|bosunctl) ([a-z]+)/.exec(line.trim());
        return command === null ? [] : [{ page, program: command[1] ?? '', verb: command[2] ?? '' }];
      }),
    );
  const helpOf = new Map(
    ['bosun', 'bosunctl'].map((program) => {
      const { stdout } = spawnSync(join(ROOT, 'bin', program), ['--help'], { encoding: 'utf8' });
      return [program, stdout];
    }),
  );

  it('are there', () => {
    assert.ok(commands.length > 5);
  });

  for (const { page, program, verb } of commands)
    it(`${page}: ${program} ${verb} is a command`, () => {
      assert.match(helpOf.get(program) ?? '', new RegExp(`^ +(${program} )?${verb}\\b`, 'm'));
    });
});

describe('the two commands', () => {
  it('are scripts of package.json', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, name] of readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^npm (start|test)\b/gm))
      assert.ok(name !== undefined && name in scripts);
  });
});

describe('links between pages', () => {
  for (const page of PAGES)
    it(`${page} links to what is there`, () => {
      const text = readFileSync(join(ROOT, page), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
        assert.doesNotThrow(() => readFileSync(resolve(ROOT, page, '..', target)), `${page}: ${target}`);
    });
});
