import type { Payload } from "./payload.ts";

/**
 * A place in a channel's stream. The offset grows by one with every publication that is kept; the epoch names the
 * stream itself. Were there no epoch, a client that has seen offset 3 of a lost stream [1, 2, 3] would take
 * publication 4 of a new one [1, 2, 3, 4] for the next, and miss three.
 */
export interface Position {
  /** 0 before the first publication. Below 2^53, which a channel at a million a second reaches after 285 years. */
  readonly offset: number;
  /** Eight letters; "" where the channel keeps no history. */
  readonly epoch: string;
}

/** Who a connection is, as others in a channel may see it. */
export interface ClientInfo {
  /** The user's id; "" is anonymous. */
  readonly user: string;
  /** The connection's id, a UUID. */
  readonly client: string;
  /** Raw JSON that the connection token said of this connection. */
  readonly connInfo?: string;
  /** Raw JSON that the subscription said of this connection in this channel. */
  readonly chanInfo?: string;
}

/** One message in a channel, as it is delivered: whoever holds one knows that it has been committed. */
export interface Publication {
  readonly data: Payload;
  /** 0 where the publication is not kept. */
  readonly offset: number;
  /** The stream that `offset` counts in; "" where the publication is not kept. */
  readonly epoch: string;
  /** Who published; absent when a back end did. */
  readonly info?: ClientInfo;
  readonly tags?: Readonly<Record<string, string>>;
  /** The version that the back end gave it; absent where it gave none. */
  readonly version?: number;
  /** It was published to be sent as a patch; absent where the namespace decides. */
  readonly asDelta?: true;
  /** The stream kept no publication before it: it is sent whole. */
  readonly isFirstKept?: true;
  /** How it is sent to clients that have negotiated deltas; absent for all others. */
  readonly delta?: DeltaForm;
}

/** A publication as clients receive it that have negotiated deltas. */
export interface DeltaForm {
  /** The publication itself. */
  readonly of: Publication;
  /** What these clients received before it, and a patch applies to; null: it is sent whole. */
  readonly base: Publication | null;
}

/** The form of a publication for clients that have negotiated deltas. */
export function deltaForm(publication: Publication, base: Publication | null): Publication {
  return { ...publication, delta: { of: publication, base } };
}

/** Recovered publications: the first is whole, the next ones are patches, however they were published (recorded). */
export function deltaForms(publications: readonly Publication[]): readonly Publication[] {
  return publications.map((publication, index) => deltaForm(publication, publications[index - 1] ?? null));
}
