import type { ScriptCaller } from "../../broker/redis/commands.ts";
import type { Keys } from "../../broker/redis/keys.ts";
import type { Script } from "../../broker/redis/script.ts";

/** Calls of the scripts of presence, with the names of their keys. */
export class PresenceCalls {
  /** Calls that are not answered. */
  pending = 0;
  readonly #redis: ScriptCaller;
  readonly #keys: Keys;
  #quiet: (() => void)[] = [];

  constructor(redis: ScriptCaller, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Keys of a channel by their letters, and what its messages come under. */
  channel(channel: string, letters: string): { readonly keys: readonly string[]; readonly messages: string } {
    const keys = [...letters].map((letter) => this.#keys.part(channel, letter));
    return { keys, messages: this.#keys.messages(channel) };
  }

  /** The clients of a user whose leaves wait. */
  waitingOf(channel: string, user: string): string {
    return this.#keys.part(channel, `g:${user}`);
  }

  /** A key of the nodes. */
  node(name: string): string {
    return this.#keys.node(name);
  }

  /** The answer; null where there was none. Calls are executed in their order. */
  call(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    this.pending += 1;
    return new Promise((resolve) => {
      this.#redis.call(script, keys, args, (answer) => {
        this.pending -= 1;
        resolve(answer);
        if (this.pending === 0) for (const run of this.#quiet.splice(0)) run();
      });
    });
  }

  /** Resolves when every call is answered. */
  async quiet(): Promise<void> {
    while (this.pending > 0) await new Promise<void>((resolve) => this.#quiet.push(resolve));
  }
}

/** Items whose work runs beside each other. */
const windowSize = 64;

/** Does something for each of many, `windowSize` at a time; stops where it answers false. */
export async function inWindows<Item>(items: Iterable<Item>, work: (item: Item) => Promise<boolean>): Promise<boolean> {
  let window: Promise<boolean>[] = [];
  const settled = async () => {
    const results = await Promise.all(window);
    window = [];
    return results.every(Boolean);
  };
  for (const item of items) {
    window.push(work(item));
    if (window.length >= windowSize && !(await settled())) return false;
  }
  return settled();
}
