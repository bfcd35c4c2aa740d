// The files that the program has besides its entry, as they are in the tree. In the bundle scripts/build/bundled-files.ts stands in for
// this one.

/** The entries of the two worker threads. */
export const PLANE_THREAD = new URL('../worker.ts', import.meta.url);
export const LOG_THREAD = new URL('../log-worker.ts', import.meta.url);

/** What is loaded at the first use otherwise, and would be missing then. */
export async function loadAll(): Promise<void> {
  await Promise.all([
    import('./compose.ts'),
    import('./resume-image.ts'),
    import('../os/libc.ts'),
    import('../plane/control-plane.ts'),
    import('../logs/log-thread.ts'),
    import('./read-configuration.ts'),
    import('./prepare-job.ts'),
    import('execa'),
  ]);
}
