import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type Bucket, takeToken } from "../core/rate.ts";
import { type Counters, countIn } from "../metrics/counters.ts";

/** Lines of the log for one reason: so many at once, and one a second after them. */
const rate = { limit: 1, burst: 10 };

/** Counts a refused upgrade, logs it, and returns its response. */
export type RefuseUpgrade = (
  request: Request,
  path: string,
  refusal: { reason: string; response: Response },
) => Response;

interface Reason extends Bucket {
  /** Refusals that were not logged since the last line. */
  suppressed: number;
}

/** Refused upgrades: each is counted by its reason, and logged with origin and host, so that its cause can be found. */
export function createRefusals(ports: { counters: Counters; log: Log; clock: Clock }): RefuseUpgrade {
  const reasons = new Map<string, Reason>();
  return ({ headers }, path, { reason, response }) => {
    countIn(ports.counters.refused, reason);
    const now = ports.clock.monotonic();
    const entry = reasons.get(reason) ?? { tokens: rate.burst, filledAt: now, suppressed: 0 };
    reasons.set(reason, entry);
    if (!takeToken(entry, now, rate)) {
      entry.suppressed += 1;
      return response;
    }
    const { suppressed } = entry;
    entry.suppressed = 0;
    ports.log.info("upgrade.refused", {
      reason,
      status: response.status,
      path,
      host: headers.get("host"),
      origin: headers.get("origin"),
      ...(suppressed > 0 && { suppressed }),
    });
    return response;
  };
}
