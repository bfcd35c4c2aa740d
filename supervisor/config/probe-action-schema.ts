// The schema of what a probe asks: an answer over HTTP, a connection, a command, a file. The same for every probe.
import * as z from 'zod';
import { command } from './command-schema.ts';
import { httpProbe } from './http-probe-schema.ts';
import { absolutePath } from './schema-scalars.ts';

const tcp = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .meta({ description: 'The host to connect to.', examples: ['localhost'] }),
    port: z
      .int()
      .min(1)
      .max(65535)
      .meta({ description: 'The port to connect to.', examples: [8080] }),
  })
  .meta({ description: 'Passes when a TCP connection can be made.', examples: [{ port: 8080 }] });

const exec = command({
  description:
    'Passes when this command ends with 0. It has the environment and the working directory of the service.',
  examples: [['pg_isready', '-q']],
});

const file = absolutePath({ description: 'Passes when this file exists.', examples: ['/run/app/ready'] });

export const probeActions = {
  http: httpProbe.optional(),
  tcp: tcp.optional(),
  exec: exec.optional(),
  file: file.optional(),
};
