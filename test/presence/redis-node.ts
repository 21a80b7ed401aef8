import { Keys } from "../../src/broker/redis/keys.ts";
import { openRedis } from "../../src/broker/redis/open.ts";
import type { RedisOptions } from "../../src/broker/redis/options.ts";
import type { RedisParts } from "../../src/broker/redis/ports.ts";
import type { Message } from "../../src/broker/remote/engine.ts";
import { decodeBody } from "../../src/broker/remote/wire.ts";
import { RedisPresence } from "../../src/presence/redis/presence.ts";
import * as scripts from "../../src/presence/redis/scripts.ts";
import { systemClock, systemRandom, systemTimers } from "../../src/runtime/system.ts";
import { until } from "../broker/remote/fault-runs.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { Inbox } from "../support/inbox.ts";
import { ManualTime } from "../support/manual-time.ts";
import { patience } from "../support/patience.ts";

/** The presence of one node on a real Redis; its own time passes when a test says so. */
export class PresenceNode implements AsyncDisposable {
  readonly name: string;
  readonly presence: RedisPresence;
  readonly log = new CapturedLog();
  readonly time = new ManualTime();
  /** Joins and leaves, in their order: `+1` and `-1`. */
  readonly told = new Inbox<string>("joins and leaves", (line) => line);
  /** The nodes that this one takes for gone. */
  readonly gone = new Set<string>();
  readonly #engine: RedisParts;

  private constructor(name: string, options: RedisOptions) {
    this.name = name;
    const events = {
      message: (channel: string, { body, ...place }: Message) => {
        const told = decodeBody(body, place);
        if (told?.type === "join") this.told.push(`+${told.info.client}`);
        else if (told?.type === "leave") this.told.push(`-${told.info.client}`);
        else this.told.push(`${channel}: ${body}`);
      },
      resumed: () => {},
    };
    // A machine that is busy answers late: that is no fault here.
    const { engine } = openRedis([{ ...options, ioTimeout: patience }], events, {
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      log: this.log.log,
      durations: { observe: () => {} },
    });
    this.#engine = engine;
    this.presence = new RedisPresence({
      redis: this.#engine.callerOf(Object.values(scripts)),
      keys: new Keys(options.prefix),
      clock: this.time.clock,
      random: systemRandom,
      log: this.log.log,
      node: name,
      generation: options.generation,
      nodes: { has: (node) => !this.gone.has(node), hearing: 10_000 },
      after: (delay, run) => {
        const timer = this.time.timers.setTimeout(run, delay as never);
        return () => timer.cancel();
      },
    });
  }

  /** Connects, and hears the channels. */
  static async start(name: string, options: RedisOptions, channels: readonly string[] = []): Promise<PresenceNode> {
    const node = new PresenceNode(name, options);
    await until("Redis answers", async () => (await node.presence.stats("any")) !== null);
    const hears = () =>
      new Promise<boolean>((resolve) => node.#engine.subscribe(channels, (heard) => resolve(heard.every(Boolean))));
    if (channels.length > 0) await until("the channels are heard", hears);
    return node;
  }

  /** Two seconds pass: the node confirms that it is there, and does what follows. */
  tick(): void {
    this.time.advance(2_000);
    this.presence.tick();
  }

  /** Cuts both connections, as a killed process does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.close();
  }
}
