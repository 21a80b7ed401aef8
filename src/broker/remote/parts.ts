import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Random } from "../../core/random.ts";
import type { PresencePush } from "../../core/reply.ts";
import type { Socket } from "../../core/socket.ts";
import type { BrokerEvents } from "../broker.ts";
import type { Engine, EngineEvents } from "./engine.ts";

/** What a remote broker is built from. */
export interface RemoteBrokerParts {
  readonly events: BrokerEvents;
  /** Opens the engine; it reports to these events, never before `open` has returned. */
  readonly open: (events: EngineEvents) => Engine;
  /** Tells this node's subscribers of a join or a leave. */
  readonly announce: (push: PresencePush) => void;
  readonly clock: Clock;
  readonly random: Random;
  /** Runs a task at the end of this turn of the event loop: `setImmediate`, but in tests. */
  readonly schedule: (task: () => void) => void;
  readonly log: Log;
  /** The socket of a connection of this node; null where it is of another one. */
  readonly socketOf: (client: string) => Socket | null;
  /** Milliseconds within which a publish is answered that the engine has executed. */
  readonly answerMs: number;
}

/** What a remote broker has counted since it was built. */
export interface RemoteBrokerCounts {
  /** Reads of a stream because something was missing. */
  repairs: number;
  /** Continuity that was lost: what was missing could not be read. */
  lost: number;
  /** Joins that were answered without the engine. */
  ringHits: number;
  /** Messages of an unknown version, or damaged ones. */
  unreadable: number;
  /** Publishes and reads that the engine has not answered. */
  failures: number;
}
