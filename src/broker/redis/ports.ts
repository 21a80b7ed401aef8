import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Random } from "../../core/random.ts";
import type { Timers } from "../../core/timers.ts";
import type { Engine, EngineEvents } from "../remote/engine.ts";
import type { Redirection, ScriptCaller } from "./commands.ts";
import type { Script } from "./script.ts";

/** What an engine works with. */
export interface RedisPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** Receives the duration of each call, in milliseconds. */
  readonly durations: { observe(milliseconds: number): void };
}

/** The events of an engine: beside publications, what was published under names that are no channels. */
export interface RedisEvents extends EngineEvents {
  heard(name: string, text: string): void;
}

/** What can be seen of the engine. */
export interface RedisState {
  readonly isUp: boolean;
  /** Milliseconds since both connections have answered; infinity before the first time. */
  readonly probeAge: number;
  readonly calls: number;
  readonly errors: number;
}

/** An engine for channels, and for what else nodes keep and publish in Redis. */
export interface RedisParts extends Engine {
  readonly state: RedisState;
  /** Calls scripts of another room, which a new server is taught too. The keys of a call have one tag. */
  callerOf(scripts: readonly Script[]): ScriptCaller;
  /** Publishes to the subscribers of this name; at most once. */
  publish(name: string, text: string): void;
  /** From here on `heard` receives these names, until `resumed`. Rejects where that is not possible now. */
  hear(names: readonly string[]): Promise<unknown>;
}

/** What the owner of all servers provides to one server of a cluster. */
export interface Membership {
  /** A name that this server is responsible for; null while there is none. */
  readonly probeName: string | null;
  /** Where a call goes that was refused with this error, `attempt` times before; null where it has failed. */
  redirect(error: string, attempt: number): Promise<Redirection | null> | null;
  /** The server has let go of names, or says that it is not responsible for some. */
  moved(): void;
}
