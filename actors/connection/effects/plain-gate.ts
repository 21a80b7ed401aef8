import { fromPlain } from "../../../src/channels/formats.ts";
import type { Namespace } from "../../../src/channels/namespace.ts";
import { disconnects } from "../../../src/core/disconnects.ts";
import type { Frame } from "../../../src/core/frame.ts";
import { type Payload, sharedBytesMax } from "../../../src/core/payload.ts";
import type { FrameGate } from "../../../src/core/socket.ts";
import type { Subscription } from "../events.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import { clientInfoOf } from "./leaving.ts";

/** Publishes of a plain client that are refused in a row before it is closed. */
const refusedMax = 3;

/** The gate of a plain connection that is in its channel; null where it is not. */
export function openPlainGate(ports: ConnectionPorts, scope: Scope): FrameGate | null {
  const { defaultChannel } = scope.context.socket;
  const namespace = ports.rules.resolve(defaultChannel)?.namespace;
  const subscription = scope.context.subscriptions.get(defaultChannel);
  return namespace && subscription ? new PlainGate(ports, scope, { namespace, subscription }) : null;
}

/**
 * Takes a plain client's frames straight into the Hub. What is the same for all of them is looked up once. From frame
 * to native publish it costs this, one event of the Hub's callback actor (0.07 us) and the broker's hand-over. One
 * object a connection, and no closures: there may be fifty thousand.
 */
class PlainGate implements FrameGate {
  readonly #ports: ConnectionPorts;
  readonly #socket: Scope["context"]["socket"];
  readonly #self: Scope["self"];
  readonly #namespace: Namespace;
  readonly #subscription: Subscription;
  readonly #user: string;
  readonly #isAlwaysAllowed: boolean;
  #refused = 0;

  constructor(
    ports: ConnectionPorts,
    { context, self }: Scope,
    { namespace, subscription }: { namespace: Namespace; subscription: Subscription },
  ) {
    this.#ports = ports;
    this.#socket = context.socket;
    this.#self = self;
    this.#namespace = namespace;
    this.#subscription = subscription;
    this.#user = context.identity?.user ?? "";
    this.#isAlwaysAllowed = namespace.dataFormat === "" && this.#mayPublish({ kind: "text", text: "" });
  }

  take(frame: Frame): void {
    const data = fromPlain(payloadOf(frame), this.#namespace);
    if (!this.#isAlwaysAllowed && !this.#mayPublish(data)) {
      this.#drop();
      return;
    }
    this.#refused = 0;
    this.#ports.publications.send({
      type: "publish",
      source: "client",
      draft: {
        channel: this.#socket.defaultChannel,
        data,
        // A back end may have given it another info since.
        info: clientInfoOf(this.#self.getSnapshot().context, this.#subscription),
        exclude: this.#socket,
        history: isShared(data) ? this.#namespace.history : null,
      },
      done: null,
    });
  }

  #mayPublish(data: Payload): boolean {
    const asker = { user: this.#user, subscribed: true, data };
    return this.#ports.rules.mayPublish(this.#socket.defaultChannel, asker) === null;
  }

  #drop(): void {
    this.#ports.counters.dropped += 1;
    this.#refused += 1;
    if (this.#refused < refusedMax) return;
    this.#self.send({ type: "rule.broken", disconnect: disconnects.permissionDenied });
  }
}

/** Bytes that a Centrifuge client's frame could not hold are handed to plain clients alone, and never kept. */
function isShared(data: Payload): boolean {
  return data.kind !== "binary" || data.bytes.byteLength <= sharedBytesMax;
}

function payloadOf(frame: Frame): Payload {
  return typeof frame === "string" ? { kind: "text", text: frame } : { kind: "binary", bytes: frame };
}
