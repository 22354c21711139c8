import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { ComponentProvider } from '@pulumi/pulumi/provider/experimental/index.js';
import * as exported from '../../components/index.ts';

/** Of Pulumi's package schema, what the components' schema has. */
export interface PackageSchema {
  name: string;
  version: string;
  resources: Record<string, ComponentSchema>;
  types: Record<string, TypeSchema>;
}

export interface ComponentSchema {
  description?: string;
  inputProperties: Record<string, PropertySchema>;
  requiredInputs: string[];
  properties: Record<string, PropertySchema>;
}

export interface TypeSchema {
  properties: Record<string, PropertySchema>;
  required: string[];
}

export interface PropertySchema {
  type?: string;
  $ref?: string;
  items?: PropertySchema;
  additionalProperties?: PropertySchema;
  /** Has to be known before anything is deployed. */
  plain?: boolean;
  description?: string;
}

/** The schema as Pulumi infers it when a program of another language adds the package. */
export async function inferSchema(): Promise<PackageSchema> {
  const components = Object.values(exported).filter(
    (value) => typeof value === 'function' && value.prototype instanceof pulumi.ComponentResource,
  );
  const dirname = join(import.meta.dirname, '..', '..');
  const provider = new ComponentProvider({ dirname, name: 'msk-backup', components });
  return JSON.parse(await provider.getSchema());
}
