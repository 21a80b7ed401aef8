import { RedisClient } from "bun";
import type { Clock } from "../../src/core/clock.ts";
import { patience } from "./patience.ts";
import type { TestRedis } from "./redis.ts";

/** Takes so many milliseconds from what the keys of a prefix have left to live; below 0 it gives them more. */
const age = `
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[2]) end
end`;

/** The databases of the server: each space has one, so that nobody looks through the keys of others. */
const databases = 1_000;

let spaces = 0;

/** A part of a Redis that one server uses alone, and in which time passes as it does for that server. */
export class RedisSpace {
  readonly #redis: TestRedis;
  readonly #prefix: string;
  readonly #db: number;
  readonly #client: RedisClient;
  #clock: Clock | null = null;
  /** Milliseconds by which the clock is ahead of the time of Redis. */
  #ahead = 0;

  constructor(redis: TestRedis) {
    spaces += 1;
    this.#redis = redis;
    this.#db = spaces % databases;
    this.#prefix = `space-${spaces}`;
    this.#client = new RedisClient(`redis://127.0.0.1:${redis.port}/${this.#db}`);
  }

  /** What a server for spaces is started with. */
  static readonly args = ["--databases", String(databases)];

  /** What the server is told. */
  get config() {
    const address = [`redis://127.0.0.1:${this.#redis.port}`];
    return { type: "redis", redis: { address, prefix: this.#prefix, db: this.#db } } as const;
  }

  /** Waits until the server has found Redis. From here on time passes with `clock`. */
  async begin(url: string, clock: Clock): Promise<void> {
    this.#clock = clock;
    this.#ahead = this.#aheadNow(clock);
    const deadline = performance.now() + patience;
    for (let isReady = false; !isReady; ) {
      if (performance.now() > deadline) throw new Error("The server does not find Redis.");
      const response = await fetch(`${url}/readyz`);
      await response.arrayBuffer();
      isReady = response.status === 200;
    }
  }

  /** Lets as much time pass for the keys as has passed on the clock; what was sent before has been executed. */
  async fence(): Promise<void> {
    if (this.#clock === null) return;
    const ahead = this.#aheadNow(this.#clock);
    const passed = ahead - this.#ahead;
    this.#ahead = ahead;
    await this.#client.send("EVAL", [age, "0", this.#prefix, String(passed)]);
  }

  #aheadNow(clock: Clock): number {
    return clock.monotonic() - Math.round(performance.now());
  }

  end(): void {
    this.#client.close();
  }
}
