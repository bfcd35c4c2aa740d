// Where the control socket may be, the best place first. The engine creates it at the first place that it can write to,
// the client takes the first that exists. Pure: whoever calls does the looking.

export type SocketEnvironment = Readonly<Record<string, string | undefined>>;

const SOCKET_NAME = 'bosun/bosun.sock';

/**
 * Absolute paths in order of preference. `BOSUN_SOCKET` is an order, not a hint: when it is set it is the only one.
 * `XDG_RUNTIME_DIR`: XDG Base Directory Specification.
 */
export function candidates(environment: SocketEnvironment, uid: number): readonly string[] {
  const chosen = environment['BOSUN_SOCKET'];
  if (chosen !== undefined && chosen !== '') return [chosen];
  const runtimeDir = environment['XDG_RUNTIME_DIR'];
  const ofUser =
    runtimeDir === undefined || !runtimeDir.startsWith('/') ? [] : [`${runtimeDir}/${SOCKET_NAME}`];
  // A container with a read-only root and another user's /run has nothing else that this one may write to.
  const places = [`/tmp/bosun-${uid}`, `/dev/shm/bosun-${uid}`].map((place) => `${place}/bosun.sock`);
  return [`/run/${SOCKET_NAME}`, ...ofUser, ...places];
}
