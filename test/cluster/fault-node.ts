import { Keys } from "../../src/broker/redis/keys.ts";
import { openRedis } from "../../src/broker/redis/open.ts";
import type { RedisOptions } from "../../src/broker/redis/options.ts";
import type { RedisParts } from "../../src/broker/redis/ports.ts";
import { milliseconds } from "../../src/core/time.ts";
import { RedisInbox } from "../../src/messages/redis/inbox.ts";
import * as inboxScripts from "../../src/messages/redis/scripts.ts";
import { RedisPresence } from "../../src/presence/redis/presence.ts";
import * as presenceScripts from "../../src/presence/redis/scripts.ts";
import { systemClock } from "../../src/runtime/system.ts";
import { enginePorts } from "../broker/remote/engine-ports.ts";

/** So many times faster does the time of presence pass here. */
const haste = 10;

/** The presence and the inbox of a node on Redis, without its connections. */
export class FaultNode {
  readonly name: string;
  readonly presence: RedisPresence;
  readonly inbox: RedisInbox;
  /** Nodes that this one takes for gone. */
  readonly gone = new Set<string>();
  readonly #engine: RedisParts;
  readonly #ticks: Timer;

  constructor(name: string, options: RedisOptions) {
    this.name = name;
    const ports = enginePorts();
    const { engine } = openRedis([options], { message: () => {}, resumed: () => {} }, ports);
    const keys = new Keys(options.prefix);
    this.#engine = engine;
    this.presence = new RedisPresence({
      redis: engine.callerOf(Object.values(presenceScripts)),
      keys,
      clock: { monotonic: () => milliseconds(systemClock.monotonic() * haste) },
      random: ports.random,
      log: ports.log,
      node: name,
      generation: options.generation,
      nodes: { has: (node) => !this.gone.has(node), hearing: 10_000 },
      after: (delay, run) => {
        const timer = setTimeout(run, delay / haste);
        return () => clearTimeout(timer);
      },
    });
    this.inbox = new RedisInbox(
      {
        redis: engine.callerOf(Object.values(inboxScripts)),
        keys,
        clock: systemClock,
        isUp: () => engine.state.isUp,
        tell: () => {},
        listen: () => {},
      },
      { size: 10_000, ttl: 3_600_000 },
    );
    // As the server does it.
    this.#ticks = setInterval(() => engine.state.isUp && this.presence.tick(), 1_000 / haste);
  }

  async close(): Promise<void> {
    clearInterval(this.#ticks);
    await this.#engine.close();
  }
}
