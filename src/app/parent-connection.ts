import type { HubRef } from "../../actors/hub/events.ts";
import type { ParentEngine } from "../broker/parent/engine.ts";
import type { Clock } from "../core/clock.ts";
import { disconnects } from "../core/disconnects.ts";
import type { Log } from "../core/log.ts";
import type { EngineMetrics } from "../metrics/engine.ts";
import { answerMs, type Link } from "../processes/link.ts";
import { ParentUsers } from "../processes/users.ts";

/** The process that has what the workers of a node share, as one of them sees it. */
export interface ParentConnection {
  readonly link: Link;
  /** What this run of the node is called. */
  readonly node: string;
  /** Stops listening where others listen at the same port; resolves when no new connection comes any more. */
  leavePort(): Promise<void>;
}

/** Milliseconds within which the parent answers. */
export const parentAnswerMs = answerMs;

/** Milliseconds without a word of the parent, which asks each second, after which it counts as hung. */
const silentMs = 2_500;

/** What is known of the parent as an engine. */
export function parentEngineMetrics(
  { heardAt }: Link,
  clock: Clock,
  counts: ParentEngine["counts"],
): Pick<EngineMetrics, "isUp" | "probeAge" | "calls" | "errors"> {
  const probeAge = clock.monotonic() - heardAt;
  return { isUp: probeAge < silentMs, probeAge, ...counts };
}

/** The connections of users at the other workers; one that is too many is ended as any other. */
export function parentUsers({ link }: ParentConnection, hub: HubRef): ParentUsers {
  return new ParentUsers(link, (user, client) => {
    const target = { user, client, except: new Set<string>() };
    hub.send({ type: "user.tell", target, event: { type: "hub.disconnect", disconnect: disconnects.connectionLimit } });
  });
}

/**
 * A log without what is of no interest between the processes of one node: their parent logs when one begins and ends.
 */
export function quietly(log: Log): Log {
  const { debug } = log;
  return { debug, info: debug, warn: debug, error: log.error };
}
