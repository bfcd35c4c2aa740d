// Which programs of the stack are left out on request.

/** `named`: values of --without. BOSUN_WITHOUT adds more, separated by commas or blanks. */
export function withoutPrograms(named = [], environment = process.env) {
  const listed = (environment.BOSUN_WITHOUT ?? '').split(/[\s,]+/);
  return new Set([...named.flatMap((value) => value.split(',')), ...listed].filter((name) => name !== ''));
}
