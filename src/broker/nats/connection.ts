import type { ConnectionOptions, NatsConnection, TlsOptions } from "@nats-io/transport-node";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Random } from "../../core/random.ts";
import { milliseconds } from "../../core/time.ts";
import type { Timer, Timers } from "../../core/timers.ts";
import type { NatsOptions } from "./options.ts";

/** Milliseconds between two attempts to connect for the first time: the least and the most. */
const retryMinMs = 50;
const retryMaxMs = 2_000;
/** Milliseconds between two probes; a server that has not answered two of them is left. */
const probeMs = milliseconds(1_000);
/** Milliseconds without an answer after which the servers are away. */
const silenceMs = 3_500;

/** What a connection works with. */
export interface ConnectionPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** A connection is open, the first time and after each interruption; messages may have been missed before. */
  connected(connection: NatsConnection): void;
  /** It is interrupted: nothing that is sent now is answered. */
  interrupted(): void;
  failed(error: unknown): void;
}

/** The options of the client: it comes back by itself, for ever, and leaves a server that hangs after two pings. */
export function clientOptions(options: NatsOptions): ConnectionOptions {
  const { servers, user, password, token, connectTimeout, tls } = options;
  return {
    servers: [...servers],
    ...(user !== "" && { user, pass: password }),
    ...(token !== "" && { token }),
    ...(tls && { tls: tlsOf(tls) }),
    name: "chorus",
    timeout: connectTimeout,
    pingInterval: probeMs,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    // A password that is refused twice may be the one of a server that is being set up.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 100,
    reconnectJitter: 400,
  };
}

/** The client takes `rejectUnauthorized` as well, which its types do not say. */
function tlsOf({
  cert,
  key,
  ca,
  isVerified,
}: NonNullable<NatsOptions["tls"]>): TlsOptions & { readonly rejectUnauthorized: boolean } {
  return {
    ...(cert !== "" && { cert }),
    ...(key !== "" && { key }),
    ...(ca !== "" && { ca }),
    rejectUnauthorized: isVerified,
  };
}

/** A connection to NATS servers: tries until it is open, and reports each interruption and each return. */
export class NatsLink {
  readonly #options: NatsOptions;
  readonly #ports: ConnectionPorts;
  readonly #probe: Timer;
  #connection: NatsConnection | null = null;
  #isClosed = false;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(options: NatsOptions, ports: ConnectionPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#probe = ports.timers.setInterval(() => this.#ask(), probeMs);
    void this.#open(0);
  }

  /** Milliseconds since the servers have answered; infinity before the first time. */
  get age(): number {
    return this.#ports.clock.monotonic() - this.#heardAt;
  }

  get isUp(): boolean {
    return this.age < silenceMs;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#probe.cancel();
    await this.#connection?.close();
  }

  async #open(attempt: number): Promise<void> {
    const { connect }: typeof import("@nats-io/transport-node") = require("@nats-io/transport-node");
    try {
      const connection = await connect(clientOptions(this.#options));
      this.#connection = connection;
      if (this.#isClosed) await connection.close();
      else this.#opened(connection);
    } catch (error) {
      this.#ports.failed(error);
      const { timers, random } = this.#ports;
      const delay = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(attempt, 6)) * (0.5 + random.float() / 2);
      timers.setTimeout(() => {
        if (!this.#isClosed) void this.#open(attempt + 1);
      }, milliseconds(delay));
    }
  }

  #opened(connection: NatsConnection): void {
    this.#ports.log.info("engine.connected", {});
    this.#ports.connected(connection);
    this.#ask();
    void this.#watch(connection);
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === "disconnect") {
        this.#ports.log.warn("engine.silent", { age: Math.round(this.age) });
        this.#ports.interrupted();
      }
      if (status.type === "reconnect") {
        this.#ports.log.info("engine.connected", {});
        this.#ports.connected(connection);
        this.#ask();
      }
      if (status.type === "error") this.#ports.failed(status.error);
    }
  }

  #ask(): void {
    const connection = this.#connection;
    if (connection === null || connection.isClosed()) return;
    connection.flush().then(
      () => {
        this.#heardAt = this.#ports.clock.monotonic();
      },
      () => {},
    );
  }
}
