import { type EventSourceMapping, type LambdaApi, type LambdaPlace, lambdaApi } from './lambda-api.ts';
import { parseFunctionName, regionOfArn } from './lambda-names.ts';

/** The connections to Lambda in the regions that are asked, each opened once. */
export class LambdaPlaces {
  readonly #apis = new Map<string, { api: LambdaApi; all?: Promise<EventSourceMapping[]> }>();

  at(place: LambdaPlace): LambdaApi {
    return this.#entry(place).api;
  }

  /** The mappings of a region as they stood when they were first asked for. */
  all(place: LambdaPlace, signal?: AbortSignal): Promise<EventSourceMapping[]> {
    const entry = this.#entry(place);
    entry.all ??= entry.api.list({}, signal);
    return entry.all;
  }

  close(): void {
    for (const { api } of this.#apis.values()) api.close();
  }

  #entry(place: LambdaPlace): { api: LambdaApi; all?: Promise<EventSourceMapping[]> } {
    const key = JSON.stringify([place.region, place.endpoint]);
    const known = this.#apis.get(key);
    if (known !== undefined) return known;
    const entry = { api: lambdaApi(place) };
    this.#apis.set(key, entry);
    return entry;
  }
}

/** Where a mapping is looked for: the region that is given, else that of the function's ARN, of the cluster's, the environment's. */
export function placeOf(given: {
  region?: string;
  endpoint?: string;
  functionName?: string;
  clusterArn?: string;
}): LambdaPlace {
  const { endpoint, functionName, clusterArn } = given;
  const region = given.region ?? parseFunctionName(functionName ?? '').region ?? regionOfArn(clusterArn);
  return { ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) };
}
