import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { EcsApi } from './ecs-api.ts';
import { ecsError } from './ecs-errors.ts';
import type { LogPlace } from './task-definition.ts';

/** The log of one container of one task, read from its beginning as it grows. */
export class TaskLog {
  readonly group: string;
  readonly stream: string;
  readonly #api: EcsApi;
  readonly #region: string | undefined;
  #token: string | undefined;

  constructor(api: EcsApi, { group, region, streamPrefix }: LogPlace, container: string, taskArn: string) {
    this.group = group;
    this.stream = `${streamPrefix}/${container}/${taskArn.split('/').at(-1)}`;
    this.#api = api;
    this.#region = region;
  }

  /** Lines that have come since the last call; none while the stream is not there yet. */
  async read(signal?: AbortSignal): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const page = await this.#page(signal);
      if (page === undefined) return lines;
      for (const { message } of page.events ?? []) if (message !== undefined) lines.push(message);
      // The end: the same token again. A page may be empty before it.
      if (page.nextForwardToken === undefined || page.nextForwardToken === this.#token) return lines;
      this.#token = page.nextForwardToken;
    }
  }

  async #page(signal?: AbortSignal) {
    const { group: logGroupName, stream: logStreamName } = this;
    const nextToken = this.#token;
    const command = new GetLogEventsCommand({
      logGroupName,
      logStreamName,
      startFromHead: true,
      ...(nextToken !== undefined && { nextToken }),
    });
    try {
      return await this.#api.logs(this.#region).send(command, { abortSignal: signal });
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
      throw ecsError(error, 'logs:GetLogEvents', `log group ${logGroupName}`);
    }
  }
}
