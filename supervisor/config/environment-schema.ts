// The schema of `environment` and `env_file`, as Compose has them.
import * as z from 'zod';

const variableName = z.string().regex(/^[^=]+$/);

export const environmentSchema = z
  .union([z.array(z.string().regex(/^[^=]+(=|$)/)), z.record(variableName, z.string().nullable())])
  .meta({
    description:
      "Variables for the service, besides Bosun's own. One without a value is taken from Bosun's own environment.",
    examples: [{ PORT: '8080', TOKEN: null }, ['PORT=8080', 'TOKEN']],
  });

export const envFileSchema = z.union([z.array(z.string().min(1)), z.string().min(1)]).meta({
  description: 'Files with KEY=VALUE lines, relative to this file. What `environment` says wins.',
  examples: ['app.env', ['common.env', 'app.env']],
});
