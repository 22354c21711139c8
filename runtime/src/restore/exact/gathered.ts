/** Puts what is asked at the same time into one question. */
export class Gathered<Question, Answer> {
  readonly #answerAll: (questions: Question[]) => Promise<Answer[]>;
  #waiting: { question: Question; resolve(answer: Answer): void; reject(reason: unknown): void }[] = [];

  /** @param answerAll answers in the order of the questions */
  constructor(answerAll: (questions: Question[]) => Promise<Answer[]>) {
    this.#answerAll = answerAll;
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      // Not in a microtask: one read of the socket may bring the answers that several partitions have waited for.
      if (this.#waiting.length === 1) setImmediate(() => void this.#answer());
    });
  }

  async #answer(): Promise<void> {
    const asked = this.#waiting;
    this.#waiting = [];
    try {
      const answers = await this.#answerAll(asked.map(({ question }) => question));
      asked.forEach(({ resolve }, i) => {
        resolve(answers[i]!);
      });
    } catch (reason) {
      for (const { reject } of asked) reject(reason);
    }
  }
}
