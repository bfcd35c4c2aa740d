// In the bundle this stands in for supervisor/boot/program-files.ts: the files that the program has besides its entry, in lib/.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The entries of the two worker threads. */
export const PLANE_THREAD = new URL('./worker.cjs', import.meta.url);
export const LOG_THREAD = new URL('./log-worker.cjs', import.meta.url);

/** What the build has written: file names to SHA-256. */
const MANIFEST = './files.json';

/** What is loaded at the first use otherwise. The threads have bundles of their own, so it is enough that these are whole and of one build. */
export async function loadAll(): Promise<void> {
  const wanted = JSON.parse(read(MANIFEST).toString()) as Readonly<Record<string, string>>;
  for (const [name, sum] of Object.entries(wanted)) {
    if (
      createHash('sha256')
        .update(read(`./${name}`))
        .digest('hex') !== sum
    )
      throw new Error(`${name} is not the file that was built with the others: unpack it again, whole`);
  }
  await Promise.all([
    import('../../supervisor/boot/compose.ts'),
    import('../../supervisor/boot/resume-image.ts'),
    import('../../supervisor/os/libc.ts'),
    import('execa'),
  ]);
}

function read(name: string): Buffer {
  return readFileSync(new URL(name, import.meta.url));
}
