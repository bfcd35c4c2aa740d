// Another program in the place of this one: execve(2), and what it is left, memfd_create(2) and FD_CLOEXEC of fcntl(2). Resolved at the
// first use, since it is used once. Not process.execve: where the call fails, that one aborts, and with PID 1 dies every service.
import { dlopen } from 'node:ffi';
import { done, failed } from './libc-errno.ts';
import { packEnvironment, packStrings } from './libc-strings.ts';
import type { ImageCalls } from './system-calls.ts';

const I32 = 'int32';
const BUF = 'buffer';

// <linux/memfd.h>, <fcntl.h>
const MFD_CLOEXEC = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1n;

type Functions = ReturnType<typeof resolve>;
let resolved: Functions | undefined;

function resolve() {
  return dlopen(null, {
    memfd_create: { return: I32, arguments: ['string', 'uint32'] },
    // Variadic in C: on x86-64 and arm64 Linux an integer argument travels as in a call that is not.
    fcntl: { return: I32, arguments: [I32, I32, 'int64'] },
    execve: { return: I32, arguments: ['string', BUF, BUF] },
  }).functions;
}

function c(): Functions {
  return (resolved ??= resolve());
}

export const imageCalls: ImageCalls = {
  memoryFile(name) {
    const fd = c().memfd_create(name, MFD_CLOEXEC);
    return fd < 0 ? failed() : { ok: true, value: fd };
  },

  setCloseOnExec: (fd, state) => done(c().fcntl(fd, F_SETFD, state === 'closed' ? FD_CLOEXEC : 0n)),

  becomeProgram(path, argv, environment) {
    const packedArgv = packStrings(argv);
    const packedEnvironment = packEnvironment(environment);
    return done(c().execve(path, packedArgv, packedEnvironment));
  },
};
