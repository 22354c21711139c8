import { keepSettings, saveChosen } from '../../mappings/change-mappings.ts';
import { findMappings } from '../../mappings/find-mappings.ts';
import { clusterName, isMskArn, shortName } from '../../mappings/lambda-names.ts';
import { LambdaPlaces, placeOf } from '../../mappings/lambda-places.ts';
import { requireChoice } from '../esm-choice.ts';
import type { EsmOptions } from '../esm-commands.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { table } from '../output.ts';
import type { Run } from '../run.ts';

/** `esm list`: reads only, but for `--file`. */
export async function execute({ options, context, print }: Run<EsmOptions>): Promise<number> {
  const named = options.uuid !== undefined || options.function !== undefined;
  if (named) requireChoice(options);
  const place = placeOf({ ...options, functionName: options.function });
  const places = new LambdaPlaces();
  try {
    const choice = { uuid: options.uuid, functionName: options.function, fromCluster: options.clusterArn };
    const all = (await places.all(place, context.signal)).filter(({ eventSourceArn }) => isMskArn(eventSourceArn));
    const found = named
      ? findMappings(all, choice, undefined, places.at(place).where)
      : all.filter(({ eventSourceArn }) => eventSourceArn === (options.clusterArn ?? eventSourceArn));
    if (options.file !== undefined) {
      const saved = await Promise.all(
        found.map(({ uuid }) => saveChosen({ uuid }, place, places, context.signal).then((it) => it[0]!)),
      );
      await keepSettings(saved, options.file);
    }
    const mappings = found.map(({ settings: _, functionArn, eventSourceArn, ...mapping }) => ({
      ...mapping,
      functionArn,
      clusterArn: eventSourceArn!,
    }));
    print({ mappings, ...(options.file !== undefined && { file: options.file }) }, () => {
      if (mappings.length === 0) return 'no event source mappings of MSK topics';
      const rows = mappings.map(({ uuid, functionArn, clusterArn, topics, consumerGroupId, state, ...mapping }) => [
        uuid,
        shortName(functionArn),
        clusterName(clusterArn),
        topics.join(', '),
        consumerGroupId ?? '-',
        state,
        mapping.lastProcessingResult ?? '',
      ]);
      return table(['uuid', 'function', 'cluster', 'topic', 'group', 'state', 'last result'], rows);
    });
    return EXIT_CODES.ok;
  } finally {
    places.close();
  }
}
