import type { Publication } from "./publication.ts";

/**
 * Which publications of a channel a group of its subscribers receives, and in what form: another form for a delta, none
 * for a tags filter that does not match. A variant is no encoding: each form is written in every encoding of the channel.
 */
export interface Variant {
  /** Subscribers of a channel whose encodings and keys are equal form one group; the object of the first one serves all. */
  readonly key: string;
  /** Bytes that it takes, where a client has made it up; it is looked through for each publication. Absent: none. */
  readonly weight?: number;
  /**
   * The form that the group receives: the publication itself, another one, or null for nothing. Called once per
   * publication and variant of a channel, in the order of the channel. A form that several variants return is encoded
   * once per encoding if it is the same object. `previous` is the publication before it, where a variant has a `chain`.
   */
  select(channel: string, publication: Publication, previous: Publication | null): Publication | null;
  /** The variants that its subscribers have after a publication; absent: they keep this one. */
  readonly chain?: Chain;
}

/** What follows a variant whose form depends on what the subscriber received before. */
interface Chain {
  /** Of those that received the publication. */
  readonly received: Variant;
  /** Of those that did not: the publisher that is excluded, or clients that cannot read it. */
  readonly missed: Variant;
}

/** Every publication, as it is. */
export const whole: Variant = { key: "", select: (_channel, publication) => publication };
