import type { Broker, Joined } from "../broker/broker.ts";
import type { ChannelRules } from "../channels/rules.ts";
import { type ClientError, errors } from "../core/errors.ts";
import type { Frame } from "../core/frame.ts";
import { payloadToJson } from "../core/payload.ts";
import type { Position, Publication } from "../core/publication.ts";
import type { SubscriberTable } from "../delivery/subscribers.ts";
import type { PublicationListener, Publications, RawPublication } from "../hooks/in-process/server-subscription.ts";
import { OperationError } from "../operations/operation-error.ts";
import type { Encoding } from "../protocol/protocol.ts";
import { ownProcess } from "./accounts.ts";

/** What subscriptions inside of the server work with. */
export interface PublicationsParts {
  readonly rules: ChannelRules;
  readonly broker: Broker;
  readonly subscribers: SubscriberTable;
}

/** How a publication is handed to subscribers inside of the server: delivery knows frames alone. */
const encoding: Encoding = {
  name: "in-process",
  dialect: "in-process",
  encodePublication: (_, { data, offset, info, tags }: Publication) => {
    const rest = JSON.stringify({ offset, ...(info && { info }), ...(tags && { tags }) });
    return data.kind === "binary"
      ? `{"bytes":${payloadToJson(data)},${rest.slice(1)}`
      : `{"data":${payloadToJson(data)},${rest.slice(1)}`;
  },
  encodePresence: () => null,
};

/** Subscriptions inside of the server: direct subscribers of the delivery, joined as every other subscriber is. */
export function createPublications({ rules, broker, subscribers }: PublicationsParts): Publications {
  return {
    subscribe: async (channel, since, listener) => {
      const resolved = rules.resolve(channel);
      if (!resolved) throw new OperationError(errors.unknownChannel);
      const { history } = resolved.namespace;
      if (since !== null && history === null) throw new OperationError(errors.notAvailable);
      const wish = {
        channel,
        options: history,
        since: since && {
          position: since,
          mode: "stream" as const,
          publicationsMax: Number.POSITIVE_INFINITY,
          bytesMax: Number.POSITIVE_INFINITY,
        },
      };
      const reader = new Reader(listener);
      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const join = () => broker.join(channel, wish.options, wish.since, attach, ownProcess);
      const attach = (joined: Joined | null, error: ClientError = errors.internal) => {
        if (joined === null) return reject(new OperationError(error));
        if (since !== null && !joined.recovered) return reject(new OperationError(errors.unrecoverablePosition));
        const stream = history && { epoch: joined.position.epoch };
        reader.begin(joined, since);
        subscribers.attach(reader, { channel, hearsJoinLeave: false, stream });
        resolve(() => subscribers.detach(channel, reader));
      };
      if (broker.prepare([wish], join)) join();
      return promise;
    },
  };
}

/** One subscriber inside of the server. */
class Reader {
  readonly kind = "direct";
  readonly encoding = encoding;
  /** It keeps no queue of frames: the loop that reads it has a bounded one. */
  readonly queueBytesMax = Number.POSITIVE_INFINITY;
  progressAt = 0;
  readonly #listener: PublicationListener;
  /** The offset of the last publication; null in a channel without history. */
  #offset: number | null = null;

  constructor(listener: PublicationListener) {
    this.#listener = listener;
  }

  begin({ position, publications }: Joined, since: Position | null): void {
    const isKept = position.epoch !== "";
    this.#offset = isKept ? (since ?? position).offset : null;
    for (const publication of publications) {
      const frame = encoding.encodePublication("", publication);
      if (frame !== null) this.send(frame);
    }
  }

  send(frame: Frame): void {
    const { bytes, ...publication }: RawPublication & { bytes?: string } = JSON.parse(String(frame));
    const { offset } = publication;
    // Offset 0 is a publication that is not kept, in a channel that keeps others.
    const isCounted = this.#offset !== null && offset !== 0;
    if (isCounted && offset !== (this.#offset ?? 0) + 1) {
      this.#listener.lost(`offset ${offset} followed ${this.#offset}`);
      return;
    }
    if (isCounted) this.#offset = offset;
    const data = bytes === undefined ? publication.data : new Uint8Array(Buffer.from(bytes, "base64"));
    this.#listener.publication({ ...publication, data });
  }

  lost(): void {
    this.#listener.lost("the stream was replaced");
  }

  unsent(): number {
    return 0;
  }

  slow(): void {
    this.#listener.lost("the loop did not read");
  }

  /** Nothing is queued here. */
  terminate(): void {}
}
