// The OpenAPI document as a file, for those who make clients from it.
import packageJson from '../../package.json' with { type: 'json' };
import { openApiDocument } from '../../supervisor/plane/api/openapi.ts';
import { ROUTES } from '../../supervisor/plane/api/routes.ts';

export function openApiPage(): string {
  return `${JSON.stringify(openApiDocument(ROUTES, packageJson.version), undefined, 1)}\n`;
}
