export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Undefined for keys that do not expire, and where that is not known. */
  expiration?: Date;
}

/** As long as a token for MSK may live: credentials with less left would shorten it, down to what MSK refuses. */
const REFRESH_BEFORE_MS = 15 * 60_000;

/**
 * Credentials that are fetched when they are first needed, and anew when they have less than 15 minutes left. Fails only
 * when there are none that are still valid: what gives them out may be away for a while.
 */
export class LastingCredentials {
  readonly #fetch: () => Promise<AwsCredentials>;
  #known: AwsCredentials | undefined;
  #fetching: Promise<AwsCredentials> | undefined;

  constructor(fetch: () => Promise<AwsCredentials>) {
    this.#fetch = fetch;
  }

  /** Callers at the same time share one attempt. */
  async current(): Promise<AwsCredentials> {
    const known = this.#known;
    if (known !== undefined && leftMs(known) > REFRESH_BEFORE_MS) return known;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    try {
      this.#known = await this.#fetching;
    } catch (reason) {
      if (known === undefined || leftMs(known) <= 0) throw reason;
      return known;
    }
    return this.#known;
  }
}

function leftMs({ expiration }: AwsCredentials): number {
  return expiration === undefined ? Number.POSITIVE_INFINITY : expiration.getTime() - Date.now();
}
