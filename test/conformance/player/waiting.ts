import { tick } from "../../support/manual-time.ts";

/** Real milliseconds without any arrival after which a recorded message is waited for no longer; once in a conversation. */
const patience = 20_000;

/** The time that a server goes by: it stands still until it is let pass, or passes by itself and is waited for. */
export interface ConversationTime {
  readonly clock: { wall(): number };
  advance(duration: number): void | Promise<void>;
  /** Resolves when so many milliseconds have passed. */
  sleep(duration: number): Promise<void>;
}

/** What has to have said all it has to say before time goes on. */
export interface Flow {
  /** Resolves when all that was sent by now has arrived. */
  fence(): Promise<unknown>;
  /** Somebody waits for time to pass, to answer then. */
  isDelayed(): boolean;
}

/**
 * The time of a conversation and of its server. It passes only where a step lets it, in steps of a tick; everything that
 * a tick brings about has arrived before the next, however slow the machine is.
 */
export class Waiting {
  readonly time: ConversationTime;
  readonly #flow: Flow;
  #arrivals = 0;
  #isOutOfPatience = false;

  constructor(time: ConversationTime, flow: Flow) {
    this.time = time;
    this.#flow = flow;
  }

  /** Something has arrived. */
  touch(): void {
    this.#arrivals += 1;
  }

  /** Waits until `isDone`, with real patience; once in vain, and no more in this conversation. Time passes for those who wait for it. */
  async until(isDone: () => boolean): Promise<void> {
    let since = performance.now();
    while (!(this.#isOutOfPatience || isDone())) {
      const before = this.#arrivals;
      if (this.#flow.isDelayed()) await this.pass(tick);
      else await Bun.sleep(1);
      const now = performance.now();
      if (this.#arrivals !== before) since = now;
      this.#isOutOfPatience = now - since > patience;
    }
  }

  /** Lets so many milliseconds pass, or fewer where `isDone` comes true. */
  async pass(duration: number, isDone: () => boolean = () => false): Promise<void> {
    await this.#settle();
    for (let rest = duration; rest > 0 && !isDone(); rest -= tick) {
      await this.time.advance(Math.min(tick, rest));
      await this.#settle();
    }
  }

  /** What is under way arrives, and what is sent because of it. */
  async #settle(): Promise<void> {
    let before: number;
    do {
      before = this.#arrivals;
      await this.#flow.fence();
    } while (this.#arrivals !== before);
  }
}
