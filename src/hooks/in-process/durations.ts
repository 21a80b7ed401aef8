import { type HookLimits, inProcessLimits } from "../limits.ts";
import type { Duration } from "./answers.ts";
import type { HandlerOptions } from "./handlers.ts";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Milliseconds of a duration: `"60s"`, or a number of milliseconds.
 *
 * @throws TypeError where it is none
 */
export function millisecondsOf(duration: Duration, what: string): number {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(String(duration)) ?? [];
  const milliseconds = typeof duration === "number" ? duration : Number(amount) * (unitMs[unit] ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new TypeError(`${what}: expected a duration such as "60s" or a number of milliseconds, got "${duration}"`);
}

/**
 * The limits of a handler.
 *
 * @throws TypeError where an option is not valid
 */
export function limitsOf({ timeout, concurrency = {}, rate }: HandlerOptions, name: string): HookLimits {
  const { connection = inProcessLimits.perConnection, server = inProcessLimits.perServer } = concurrency;
  const { queue = inProcessLimits.queue } = concurrency;
  if (!(connection >= 1 && server >= 1 && queue >= 0)) {
    throw new TypeError(`${name}.concurrency: expected at least 1 call at once and a queue of at least 0`);
  }
  return {
    timeout: timeout === undefined ? inProcessLimits.timeout : millisecondsOf(timeout, `${name}.timeout`),
    perConnection: connection,
    perServer: server,
    shared: null,
    queue,
    rate: rate === undefined ? null : rateOf(rate, name),
  };
}

function rateOf(rate: string, name: string): { limit: number; burst: number } {
  const [, amount = "", unit = ""] = /^(\d+)\/(s|m)$/.exec(rate) ?? [];
  const burst = Number(amount);
  if (burst >= 1) return { limit: unit === "m" ? burst / 60 : burst, burst };
  throw new TypeError(`${name}.rate: expected a rate such as "10/s" or "100/m", got "${rate}"`);
}
