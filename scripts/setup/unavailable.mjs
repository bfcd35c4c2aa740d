// The one expected failure of the setup: a program that this machine cannot have. Its message is the reason, in a form
// that tells the reader what to do. Everything else that is thrown is a real error.

export class Unavailable extends Error {
  name = 'Unavailable';
}
