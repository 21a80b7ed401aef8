import { Probe } from "./probe.ts";

/** How many messages one bystander sends before it is the next one's turn. */
const burst = 4;

/** A breath between two turns, in milliseconds, so that the bystanders leave the hostile client its share of the CPU. */
const pace = 5;

/**
 * Honest clients in a channel of their own that talk while something hostile goes on. Each message has a number, and
 * everyone must hear all numbers but their own, in order: one that is lost, doubled or overtaken fails the test.
 */
export class Bystanders {
  readonly #probes: readonly Probe[];
  #sent = 0;
  #turns = 0;

  private constructor(probes: readonly Probe[]) {
    this.#probes = probes;
  }

  /** `url` is the server's WebSocket address without a path. */
  static async join(url: string, { count = 50, channel = "bystanders" } = {}): Promise<Bystanders> {
    const opening = Array.from({ length: count }, () => new Probe(`${url}/ws?channel=${channel}`).open());
    const bystanders = new Bystanders(await Promise.all(opening));
    await bystanders.#turn();
    return bystanders;
  }

  /** Lets the bystanders talk until `hostility` is over, and once more after it: the server is alive and lost nothing. */
  async during<T>(hostility: () => Promise<T>): Promise<T> {
    let isOver = false;
    const running = hostility().finally(() => {
      isOver = true;
    });
    // Whether it failed is asked for at the end; until then nobody waits for it.
    running.catch(() => {});
    while (!isOver) {
      await this.#turn();
      await Bun.sleep(pace);
    }
    await this.#turn();
    return running;
  }

  /** The next one speaks, and all others must have heard it. */
  async #turn(): Promise<void> {
    const speaker = this.#turns % this.#probes.length;
    this.#turns += 1;
    const numbers = Array.from({ length: burst }, (_, index) => String(this.#sent + index + 1));
    this.#sent += burst;
    for (const number of numbers) this.#probes[speaker]?.send(number);
    const hearing = this.#probes.map(async (probe, index) => {
      if (index === speaker) return;
      for (const number of numbers) {
        const heard = await probe.next();
        if (heard !== number) throw new Error(`Bystander ${index} expected ${number}, got ${JSON.stringify(heard)}.`);
      }
    });
    await Promise.all(hearing);
  }

  [Symbol.dispose](): void {
    for (const probe of this.#probes) probe[Symbol.dispose]();
  }
}

/** Does something hostile while bystanders talk in a channel of their own; fails where one of them lost anything. */
export async function amongBystanders<T>(
  url: string,
  hostility: () => Promise<T>,
  options: { readonly count?: number } = {},
): Promise<T> {
  using bystanders = await Bystanders.join(url, options);
  return await bystanders.during(hostility);
}
