// app/api/schema.ts from the server's OpenAPI document.
import fs from 'node:fs';
import path from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { pathToFileURL } from 'node:url';
import { APP, HOME } from './paths.ts';

/** Uses the server's own document once it exists, else the agreed one beside the app. */
export async function generateSchema(): Promise<void> {
  const server = path.join(HOME, '../src/docs/openapi.json');
  const source = fs.existsSync(server) ? server : path.join(APP, 'api/openapi.json');
  const text = astToString(await openapiTS(pathToFileURL(source)));
  const banner = '// Generated from the OpenAPI document by `npm run schema`; do not edit.\n\n';
  fs.writeFileSync(path.join(APP, 'api/schema.ts'), banner + text);
  console.log(`schema.ts from ${path.relative(HOME, source)}`);
}
