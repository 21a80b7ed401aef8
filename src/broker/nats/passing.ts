import type { NatsConnection } from "@nats-io/transport-node";
import type { Clock } from "../../core/clock.ts";
import { IdempotencyKeys, idempotencyMs } from "../local/idempotency.ts";
import type { Entry } from "../remote/engine.ts";
import type { Names } from "./names.ts";
import { encodeRecord } from "./record.ts";
import type { Streams } from "./streams.ts";

/** Bytes of the keys that this node remembers where there is no JetStream; the default of `channel.idempotency_max_bytes`. */
const keyBytesMax = 67_108_864;

/** Publishes what is not kept, on the core of NATS. A key holds for all nodes with JetStream, for this one without. */
export class Passing {
  readonly #names: Names;
  readonly #keys: IdempotencyKeys;

  constructor(names: Names, clock: Clock) {
    this.#names = names;
    this.#keys = new IdempotencyKeys(clock, keyBytesMax);
  }

  /** False where the key was known. Throws where the servers do not answer within `timeout` milliseconds. */
  async publish(
    connection: NatsConnection,
    streams: Streams | null,
    { channel, key, body }: Entry,
    timeout: number,
  ): Promise<boolean> {
    if (key !== "" && !(await this.#isNew(streams, key, timeout))) return false;
    connection.publish(this.#names.messages(channel), encodeRecord({ head: { e: "", o: 0 }, bodies: [body] }));
    await connection.flush();
    return true;
  }

  async #isNew(streams: Streams | null, key: string, timeout: number): Promise<boolean> {
    if (streams) return streams.keep(key, timeout);
    if (this.#keys.find(key)) return false;
    this.#keys.keep(key, { offset: 0, epoch: "" }, idempotencyMs);
    return true;
  }
}
