/** A worker that ran for less, in milliseconds, counts as one that failed at its start: the next one waits. */
const longLife = 10_000;
/** The first wait after such an end and the longest one, in milliseconds; each is twice the one before. */
const backoff = { first: 200, longest: 10_000 };

/** How long the next worker of a number waits. */
export class RestartDelays {
  /** By number: how many workers in a row failed at their start. */
  readonly #failures = new Map<number, number>();

  /** Whether a worker of this number has ended before. */
  isKnown(number: number): boolean {
    return this.#failures.has(number);
  }

  /** Milliseconds after a run of as many: none after a long one, else twice as many with each failed start. */
  after(number: number, run: number): number {
    const failures = run < longLife ? (this.#failures.get(number) ?? 0) + 1 : 0;
    this.#failures.set(number, failures);
    return failures === 0 ? 0 : Math.min(backoff.longest, backoff.first * 2 ** (failures - 1));
  }
}
