// Templates: a file NAME@.yaml is one service for each of its instances. Owns which instances there are and what their files see;
// the rest of a template is read as that of any service, once for each.
import * as z from 'zod';
import type { Environment } from './base-environment.ts';
import { instancesSchema } from './instances-schema.ts';
import type { PlainDocument } from './plain-value.ts';
import { validate } from './validate.ts';

export type Instance = {
  /** Of the service. */
  readonly name: string;
  /** NAME of NAME@.yaml; undefined for a service with a file of its own. */
  readonly template: string | undefined;
  /** Bosun's own environment, and for an instance what it is. */
  readonly lookup: Environment;
};

const TEMPLATE = /^(.*)@$/s;

/** NAME of "NAME@", which is the stem of a file or what `depends_on` says; undefined where there is no @. */
export function templateName(text: string): string | undefined {
  return TEMPLATE.exec(text)?.[1];
}

const onlyInstances = z.looseObject({ instances: instancesSchema });

/** `stem` is that of the file, `read` its document as an environment makes it. */
export function instancesOf(
  stem: string,
  own: Environment,
  read: (lookup: Environment) => PlainDocument,
): readonly Instance[] {
  const template = templateName(stem);
  if (template === undefined) return [{ name: stem, template, lookup: own }];
  const { value } = validate(onlyInstances, read(own));
  // Where they are wrong, one stands for all, so that the rest of the file is checked.
  return (value?.instances ?? ['1']).map((instance, index) => ({
    name: `${template}-${instance}`,
    template,
    lookup: { ...own, INSTANCE: instance, INSTANCE_INDEX: String(index) },
  }));
}
