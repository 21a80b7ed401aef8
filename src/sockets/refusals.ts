import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { RatedLog } from "../core/rated-log.ts";
import { type Counters, countIn } from "../metrics/counters.ts";

/** Counts a refused upgrade, logs it, and returns its response. */
export type RefuseUpgrade = (
  request: Request,
  path: string,
  refusal: { reason: string; response: Response },
) => Response;

/** Refused upgrades: each is counted by its reason, and logged with origin and host, so that its cause can be found. */
export function createRefusals(ports: { counters: Counters; log: Log; clock: Clock }): RefuseUpgrade {
  const refused = new RatedLog("upgrade.refused", ports);
  return ({ headers }, path, { reason, response }) => {
    countIn(ports.counters.refused, reason);
    refused.add(reason, () => ({
      reason,
      status: response.status,
      path,
      host: headers.get("host"),
      origin: headers.get("origin"),
    }));
    return response;
  };
}
