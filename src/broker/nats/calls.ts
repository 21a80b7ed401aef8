import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { ThrottledLog } from "../../core/throttled-log.ts";
import { milliseconds } from "../../core/time.ts";
import type { Timers } from "../../core/timers.ts";

/** What calls work with. */
export interface CallsPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Receives the duration of each call, in milliseconds. */
  readonly durations: { observe(milliseconds: number): void };
}

/** Calls of the servers: each is counted, measured and answered in time. */
export class Calls {
  readonly counts = { calls: 0, errors: 0 };
  readonly #ports: CallsPorts;
  readonly #timeout: number;
  readonly #failures: ThrottledLog;

  /** `timeout`: milliseconds within which a call is answered. */
  constructor(timeout: number, ports: CallsPorts) {
    this.#timeout = timeout;
    this.#ports = ports;
    this.#failures = new ThrottledLog("engine.failed", ports);
  }

  /** When a call that begins now has to be answered, in monotonic milliseconds. */
  get until(): number {
    return this.#ports.clock.monotonic() + this.#timeout;
  }

  /** As `call`, for what has no answer but that it was done. */
  do(run: (until: number) => Promise<void>, done: (isDone: boolean) => void): void {
    this.call(
      async (until) => {
        await run(until);
        return true;
      },
      (isDone) => done(isDone === true),
    );
  }

  /** Runs it, and gives its answer once: null where it fails, or is not answered in time. */
  call<Answer>(run: (until: number) => Promise<Answer>, done: (answer: Answer | null) => void): void {
    const observe = this.measure();
    this.attempt(run, (answer) => {
      observe();
      done(answer);
    });
  }

  /** The same as a part of a call, which is measured as a whole. */
  attempt<Answer>(run: (until: number) => Promise<Answer>, done: (answer: Answer | null) => void): void {
    let isOpen = true;
    const answer = (value: Answer | null, error?: unknown) => {
      if (!isOpen) return;
      isOpen = false;
      timer.cancel();
      if (value === null) this.failed(error);
      done(value);
    };
    const timer = this.#ports.timers.setTimeout(
      () => answer(null, new Error("no answer in time")),
      milliseconds(this.#timeout),
    );
    const attempt = async () => run(this.until);
    attempt().then(answer, (error: unknown) => answer(null, error));
  }

  /** Counts a call; its duration is that until the returned function is called. */
  measure(): () => void {
    this.counts.calls += 1;
    const { clock, durations } = this.#ports;
    const startedAt = clock.monotonic();
    return () => durations.observe(clock.monotonic() - startedAt);
  }

  /** Counts and logs a failure. */
  failed(error: unknown): void {
    this.counts.errors += 1;
    this.report(error);
  }

  /** Logs a failure that is none of a call. */
  report(error: unknown): void {
    this.#failures.add({ error: String(error) });
  }
}
