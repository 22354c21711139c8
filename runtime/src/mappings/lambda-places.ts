import { type EventSourceMapping, type LambdaApi, type LambdaPlace, lambdaApi } from './lambda-api.ts';

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
