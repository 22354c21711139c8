import { pauseMappings, saveChosen } from '../../mappings/change-mappings.ts';
import { LambdaPlaces, placeOf } from '../../mappings/lambda-places.ts';
import { requireChoice } from '../esm-choice.ts';
import type { EsmOptions } from '../esm-commands.ts';
import { outcomesText } from '../esm-text.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { Run } from '../run.ts';

/** `esm pause`. */
export async function execute({ options, context, print }: Run<EsmOptions>): Promise<number> {
  const choice = requireChoice(options);
  const file = options.file!;
  const places = new LambdaPlaces();
  try {
    const saved = await saveChosen(
      { ...choice, fromCluster: options.clusterArn },
      placeOf({ ...options, ...choice }),
      places,
      context.signal,
    );
    const mappings = await pauseMappings(saved, file, places, context.signal);
    print({ mappings, file }, () => `${outcomesText(mappings)}\n\nto go on: msk-backup esm resume --from ${file}`);
    return EXIT_CODES.ok;
  } finally {
    places.close();
  }
}
