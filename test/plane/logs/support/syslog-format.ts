// Reads what a syslog receiver reads, and takes nothing that RFC 5424, section 6, does not allow.

const NAME = '[\\x21-\\x7e]';
const MESSAGE = new RegExp(
  `^<(\\d{1,3})>1 (\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?(?:Z|[+-]\\d\\d:\\d\\d)) (${NAME}{1,255}) (${NAME}{1,48}) ` +
    `(${NAME}{1,128}) (${NAME}{1,32}) ((?:\\[[^ =\\]"]{1,32}(?: [^ =\\]"]{1,32}="(?:[^"\\\\\\]]|\\\\.)*")*\\])+|-)(?: (.*))?$`,
  's',
);

export type SyslogMessage = {
  readonly priority: number;
  readonly time: string;
  readonly app: string;
  readonly pid: string;
  readonly data: string;
  /** Latin-1: one character for each byte. */
  readonly text: string;
};

/** Throws for what is not a message. */
export function readSyslog(bytes: Buffer): SyslogMessage {
  const found = MESSAGE.exec(bytes.toString('latin1'));
  if (found === null) throw new Error(`not RFC 5424: ${bytes.toString('latin1').slice(0, 200)}`);
  const [, priority = '', time = '', , app = '', pid = '', , data = '', text = ''] = found;
  return { priority: Number(priority), time, app, pid, data, text };
}

/** RFC 6587, section 3.4.1. What is behind the last whole frame is the beginning of one. */
export function readFrames(bytes: Buffer): { readonly messages: readonly Buffer[]; readonly rest: Buffer } {
  const messages: Buffer[] = [];
  for (let at = 0; ;) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank === -1 ? '' : bytes.toString('latin1', at, blank);
    if (length !== '' && !/^[1-9]\d*$/.test(length)) throw new Error(`not a length: ${length}`);
    const end = blank + 1 + Number(length);
    if (length === '' || end > bytes.length) return { messages, rest: bytes.subarray(at) };
    messages.push(bytes.subarray(blank + 1, end));
    at = end;
  }
}
