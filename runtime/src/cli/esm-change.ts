import { MskBackupError } from '../errors.ts';
import { goOnWith } from '../mappings/change-mappings.ts';
import { LambdaPlaces } from '../mappings/lambda-places.ts';
import { mappingsToChange } from './esm-choice.ts';
import type { EsmChangeOptions } from './esm-commands.ts';
import { outcomesText } from './esm-text.ts';
import { EXIT_CODES } from './exit-codes.ts';
import type { Run } from './run.ts';

/** `esm resume` and `esm reset`. */
export async function changeMappings(
  strategy: 'reset' | 'resume',
  { options, context, print }: Run<EsmChangeOptions>,
): Promise<number> {
  if (options.keepOld && options.clusterArn === undefined) {
    throw new MskBackupError(
      'usage',
      'USAGE',
      '--keep-old goes with --cluster-arn: at one cluster there is no place for both',
    );
  }
  const places = new LambdaPlaces();
  try {
    const { records, chosen, file } = await mappingsToChange(options, places, context.signal);
    const fresh = options.from === undefined;
    // Whoever names a mapping to go on wants it to read; saved ones become as they were.
    if (fresh && strategy === 'resume') for (const { saved } of chosen) saved.enabled = true;
    const wish = {
      strategy,
      clusterArn: options.clusterArn,
      functionName: fresh ? undefined : options.function,
      consumerGroup: options.group,
      startingTimestamp: options.at,
      keepOld: options.keepOld,
    };
    const mappings = await goOnWith(records, chosen, wish, file, places, context.signal);
    print({ mappings, file }, () => outcomesText(mappings));
    return EXIT_CODES.ok;
  } finally {
    places.close();
  }
}
