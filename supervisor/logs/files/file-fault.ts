// What is wrong with a log file, as people are told it: what could not be done, why, and what helps. Texts only.

export type FileFault = { readonly errno: string; readonly text: string };

/** Something is there that must not be written to. */
export class RefusedFile extends Error {
  readonly errno: string;

  constructor(errno: string, text: string) {
    super(text);
    this.errno = errno;
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room, or set a lower logs.file.total',
  EDQUOT: 'the disk quota is used up; raise it, or set a lower logs.file.total',
  EROFS: 'the file system is read-only; mount a volume there, or name another directory in logs.file.path',
  EACCES: 'permission denied; let Bosun write there, or name another directory in logs.file.path',
  EPERM: 'it is not permitted; let Bosun write there, or name another directory in logs.file.path',
  EMFILE: 'Bosun has too many files open; raise its limit (RLIMIT_NOFILE)',
  ENFILE: 'the system has too many files open; raise fs.file-max',
  EIO: 'the disk has failed; look at the messages of the kernel',
  EFBIG: 'it is as large as it may be; set a lower logs.file.max_size',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of the path is not a directory; name another one in logs.file.path',
  ESTALE: 'the server has forgotten the file',
};

/** `doing`: as in `write /var/log/web/current.log`. */
export function faultOf(error: unknown, doing: string): FileFault {
  if (error instanceof RefusedFile) return { errno: error.errno, text: error.message };
  const errno = errnoOf(error);
  if (errno === undefined) return { errno: 'EIO', text: `cannot ${doing}: ${String(error)}` };
  const cause = CAUSES[errno];
  return { errno, text: `cannot ${doing}: ${cause === undefined ? errno : `${cause} (${errno})`}` };
}

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
