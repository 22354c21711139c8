import * as pulumi from '@pulumi/pulumi';
import { stringify } from 'yaml';
import { checkFragment, parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';
import { type ArgumentProblem, refuse } from '../arguments/refuse.ts';
import { merged, readSettings, type Section, settingsProblems } from './settings.ts';

/** Environment of the container, as far as a configuration may name it. The values stand for what is there when it runs. */
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  KAFKA_USERNAME: 'user',
  KAFKA_PASSWORD: 'password',
  MSK_BOOTSTRAP_SERVERS: 'b-1.example:9098',
};

const ROOM = {
  /** A task definition has at most 64 KiB (Amazon ECS service quotas); what is not the configuration takes less than 4. */
  task: { bytes: 60 * 1024, propertyPath: 'topics', what: 'the task definition', cover: 'topics and groups' },
  /** Variables have at most 4 KB (AWS Lambda quotas), their names included; what is not the configuration takes less than a quarter. */
  function: { bytes: 3 * 1024, propertyPath: 'settingsYaml', what: "the function's variables", cover: 'groups' },
};

/** What arguments come to, and what `settingsYaml` adds. */
export interface Rendering {
  mode: 'backup' | 'restore';
  document: Section;
  settingsYaml?: string;
  /** What holds it. Default: `task`, a task definition. */
  holder?: 'task' | 'function';
}

/** As the runtime reads it: YAML, in several lines. */
export function renderedYaml({ document, settingsYaml }: Rendering): string {
  return stringify(merged(compact(document), readSettings(settingsYaml) ?? {}), { lineWidth: 0 });
}

/** `settingsYaml` by itself, as soon as it is known: keys and values by the runtime's own schema. */
export function checkSettings(mode: Rendering['mode']) {
  return (text: string | undefined, propertyPath: string): ArgumentProblem[] => {
    const problems = settingsProblems(text, propertyPath);
    if (text === undefined || problems.length > 0) return problems;
    return byRuntime(propertyPath, () => checkFragment(text, { file: '', env: ENVIRONMENT, now: new Date(0), mode }));
  };
}

/** The whole configuration, by the runtime's own parser. */
export function renderingProblems(rendering: Rendering, propertyPath = 'settingsYaml'): ArgumentProblem[] {
  const yaml = renderedYaml(rendering);
  const { bytes: most, what, cover, propertyPath: longest } = ROOM[rendering.holder ?? 'task'];
  const bytes = Buffer.byteLength(JSON.stringify(yaml));
  if (bytes > most) {
    const reason = `the configuration takes ${bytes} bytes of ${what}, with room for ${most}: cover several ${cover} by a pattern with *`;
    return [{ propertyPath: longest, reason }];
  }
  const { mode } = rendering;
  return byRuntime(propertyPath, () =>
    parseConfiguration(yaml, { file: '', env: ENVIRONMENT, now: new Date(0), mode }),
  );
}

/**
 * The YAML, once all of it is known and right.
 * @param sources arguments that it is made of, by their names: a secret among them is refused
 */
export function configurationYaml(
  component: string,
  name: string,
  rendering: pulumi.Output<Rendering>,
  sources: Record<string, unknown>,
): pulumi.Output<string> {
  const keys = Object.keys(sources);
  const secret = Promise.all(keys.map((key) => pulumi.isSecret(pulumi.output(sources[key]))));
  return pulumi.all([rendering, secret]).apply(([it, isSecret]) => {
    refuse(component, name, [
      ...keys.filter((_, i) => isSecret[i]).map((propertyPath) => ({ propertyPath, reason: SECRET })),
      ...renderingProblems(it),
    ]);
    return renderedYaml(it);
  });
}

const SECRET =
  'is a secret, and would be readable in the task definition or the function: name the ARN of a secret in authentication, or take away the mark (pulumi.unsecret)';

/** In a value of the configuration, `${` begins the name of an environment variable. */
export function literal(text: string): string {
  return text.replaceAll('${', () => '$${');
}

/** Lines are numbered in a text that nobody sees: only paths and what is wrong are told. */
function byRuntime(propertyPath: string, parse: () => unknown): ArgumentProblem[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (!(error instanceof MskBackupError)) throw error;
    return error.message.split('\n').map((line) => ({ propertyPath, reason: line.replace(/^:\d+: /, '') }));
  }
}

/** Without what is undefined, at any depth, and without sections that are empty then. */
function compact(section: Section): Section {
  const kept = Object.entries(section).flatMap(([key, value]): [string, unknown][] => {
    if (value === undefined) return [];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[key, value]];
    const inner = compact(value as Section);
    return Object.keys(inner).length === 0 ? [] : [[key, inner]];
  });
  return Object.fromEntries(kept);
}
