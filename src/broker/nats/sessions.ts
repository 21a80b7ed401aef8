import type { NatsConnection } from "@nats-io/transport-node";
import type { Clock } from "../../core/clock.ts";
import type { Random } from "../../core/random.ts";
import { milliseconds } from "../../core/time.ts";
import type { Timer, Timers } from "../../core/timers.ts";
import type { Names } from "./names.ts";
import type { NatsOptions } from "./options.ts";
import { StreamStore } from "./stream-store.ts";
import { Streams } from "./streams.ts";

/** Milliseconds until a stream is opened again that could not be opened. */
const openRetry = milliseconds(1_000);
/** Milliseconds between two looks whether the stream is still the one that was opened. */
const lookInterval = milliseconds(2_000);

/** What is used between two interruptions; without a stream where JetStream is not used. */
interface Session {
  readonly connection: NatsConnection;
  readonly store: StreamStore | null;
  readonly streams: Streams | null;
}

/** What sessions work with. */
interface SessionsPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** A session has begun: what came before it may have been missed. */
  began(connection: NatsConnection): void;
  failed(error: unknown): void;
}

/** Opens what a connection is used for, after each connect, and again where the stream was deleted. */
export class Sessions {
  readonly #options: Pick<NatsOptions, "jetstream" | "ioTimeout">;
  readonly #names: Names;
  readonly #ports: SessionsPorts;
  readonly #look: Timer;
  #current: Session | null = null;
  /** The servers have answered the last look at the stream. */
  #isAnswered = true;
  /** How often one was begun or ended: what belongs to an earlier one stops. */
  #turns = 0;

  constructor(options: Pick<NatsOptions, "jetstream" | "ioTimeout">, names: Names, ports: SessionsPorts) {
    this.#options = options;
    this.#names = names;
    this.#ports = ports;
    this.#look = ports.timers.setInterval(() => void this.#lookAtStream(), lookInterval);
  }

  /** Null while the servers are away, or the stream is not open. */
  get current(): Session | null {
    return this.#current;
  }

  /** One is open, and the servers answer for its stream. */
  get isUp(): boolean {
    return this.#current !== null && this.#isAnswered;
  }

  /** A connection is open. */
  async begin(connection: NatsConnection): Promise<void> {
    this.end();
    const turn = this.#turns;
    const { jetstream, ioTimeout } = this.#options;
    try {
      const store = jetstream && (await StreamStore.open(connection, jetstream, this.#names, ioTimeout));
      if (turn !== this.#turns) return;
      this.#isAnswered = true;
      this.#current = { connection, store, streams: store && new Streams(store, this.#ports) };
      this.#ports.began(connection);
    } catch (error) {
      this.#ports.failed(error);
      this.#ports.timers.setTimeout(() => {
        if (turn === this.#turns && !connection.isClosed()) void this.begin(connection);
      }, openRetry);
    }
  }

  /** The connection is interrupted. */
  end(): void {
    this.#current = null;
    this.#turns += 1;
  }

  close(): void {
    this.end();
    this.#look.cancel();
  }

  /** A stream that was deleted, or created anew by another node, is opened again: what it had kept is lost. */
  async #lookAtStream(): Promise<void> {
    const session = this.#current;
    const isThere = (await session?.store?.isThere()) ?? null;
    if (!session?.store || this.#current !== session) return;
    this.#isAnswered = isThere !== null;
    if (isThere !== false) return;
    this.#ports.failed(new Error("the stream was deleted: it is created anew, and positions are lost"));
    await this.begin(session.connection);
  }
}
