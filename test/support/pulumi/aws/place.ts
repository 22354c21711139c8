/** AWS's clients of one region, against the endpoint that the environment names. */

interface Options {
  region: string;
  forcePathStyle?: boolean;
  maxAttempts?: number;
}

export class Place {
  readonly region: string;
  readonly #clients = new Map<unknown, unknown>();

  constructor(region: string) {
    this.region = region;
  }

  client<T>(Client: new (options: Options) => T): T {
    const known = this.#clients.get(Client);
    if (known) return known as T;
    const client = new Client({ region: this.region, forcePathStyle: true });
    this.#clients.set(Client, client);
    return client;
  }
}

const places = new Map<string, Place>();

export function placeOf(region: string): Place {
  if (region === process.env.MSK_BACKUP_LOST_REGION) throw new Error(`${region} does not answer`);
  const place = places.get(region) ?? new Place(region);
  places.set(region, place);
  return place;
}
