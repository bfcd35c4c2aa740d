// The errors of the application channel, as a part of the table of all codes: problem.ts.

export const APPLICATION_PROBLEMS = {
  'application-not-configured': {
    status: 409,
    title: 'The service takes no settings through Bosun',
    next: 'Give its file an `application:` with `url` and `key_file`, then `bosunctl apply`.',
  },
  'application-file-unusable': {
    status: 503,
    title: 'The key or the authorities of the application cannot be read',
    next: "Mend the file that `detail` names; Bosun's user has to be able to read it. It is read anew each time.",
  },
  'application-unreachable': {
    status: 502,
    title: 'The application does not answer, or not well',
    next: 'See `bosunctl why NAME` and `bosunctl logs NAME`, and whether `application.url` is right; then try again.',
  },
  'application-untrusted': {
    status: 502,
    title: "The application's certificate is not trusted",
    next: 'Mend the certificate, or what `application` says of it: `url`, `certificate_authority`, `server_name`.',
  },
  'application-refused-key': {
    status: 502,
    title: 'The application does not take the key of its key file',
    next: 'See that the application and `application.key_file` have the same key; the file is read anew each time.',
  },
  'application-refused-value': {
    status: 422,
    title: 'The application does not take these settings, and nothing was changed',
    next: 'Correct what `errors` names; `bosunctl config get NAME` shows what there is.',
  },
  'application-answer-invalid': {
    status: 502,
    title: 'The application answers with what was not agreed upon',
    next: 'See docs/how-to/configure-an-application.md for what it has to speak; after a change, look what it has now.',
  },
} as const;
