import type { Payload } from "../core/payload.ts";

/** A publish without its channel. */
export interface Publish {
  readonly data: Payload;
  /** Names and texts that clients receive beside the data. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** It is delivered and not kept. */
  readonly skipHistory?: boolean;
  /** It is sent as a patch to subscribers that have negotiated deltas, whatever the namespace says. */
  readonly delta?: boolean;
  /** Within five minutes a second publish with this key into the same channel has no effect and gets the first result. */
  readonly idempotencyKey?: string;
  /** A publish whose version is not higher than that of the last one in its channel has no effect. */
  readonly version?: number;
  /** Versions are compared within one epoch; "" compares with any. */
  readonly versionEpoch?: string;
  /** The id of a connection that does not receive it live. */
  readonly excludeClient?: string;
}

/** Where a publish comes from: the name of an API key, for the publish log. Null: from this process, and not logged. */
export type Source = string | null;

/** One publish into one channel. */
export interface PublishAttempt {
  readonly method: "publish" | "broadcast";
  readonly source: Source;
  readonly channel: string;
  readonly publish: Publish;
}
