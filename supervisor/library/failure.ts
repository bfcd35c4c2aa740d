// How starting and finding processes fails.

/** There is no process with this id, or it is forgotten. */
export class ProcessNotFound extends Error {
  override readonly name = 'ProcessNotFound';
  readonly id: number;

  constructor(id: number) {
    super(`there is no process ${id}`);
    this.id = id;
  }
}

/** `code`: the errno's name, such as ENOENT or EACCES; EAGAIN also when too many processes live already. */
export class ProcessNotStarted extends Error {
  override readonly name = 'ProcessNotStarted';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
