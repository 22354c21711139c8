/** Serves the components to the engine: to programs in any language. */

import { resolve } from 'node:path';
import { componentProviderHost } from '@pulumi/pulumi/provider/experimental/index.js';
import * as components from '../../../../components/index.ts';

await componentProviderHost({
  name: 'msk-backup',
  dirname: resolve(import.meta.dirname, '../../../..'),
  components: Object.values(components).filter((value) => typeof value === 'function'),
});
