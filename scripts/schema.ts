// Renews schema.json and docs/components.md from the components: npm run schema
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDocTags } from './components/doc-tags.ts';
import { inferSchema } from './components/infer-schema.ts';
import { componentsPage } from './components/page.ts';

const root = join(import.meta.dirname, '..');
const schema = await inferSchema();
writeFileSync(join(root, 'schema.json'), `${JSON.stringify(schema, null, 2)}\n`);
writeFileSync(join(root, 'docs', 'components.md'), componentsPage(schema, readDocTags(join(root, 'components'))));
