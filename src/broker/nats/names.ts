/** Whatever a subject cannot hold, and the sign of an escape itself. */
const unsafe = /[^A-Za-z0-9_:@$#-]/g;

/** The subjects of a cluster: all nodes with one prefix. */
export class Names {
  /** What the stream stores: one subject for each channel, and one for each key of an idempotent publish. */
  readonly stored: readonly [streams: string, keys: string];
  /** What the stream publishes again once it is stored, and where. */
  readonly retold: { readonly src: string; readonly dest: string };
  /** Messages between nodes: to all of them. */
  readonly all: string;
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.stored = [`${prefix}.stream.>`, `${prefix}.key.>`];
    this.retold = { src: `${prefix}.stream.>`, dest: `${prefix}.message.>` };
    this.all = `${prefix}.control`;
  }

  /** Where a channel's publications are stored. */
  stream(channel: string): string {
    return `${this.#prefix}.stream.${escaped(channel)}`;
  }

  /** Where a channel's publications are heard. */
  messages(channel: string): string {
    return `${this.#prefix}.message.${escaped(channel)}`;
  }

  /** Where the digest of a key is stored. */
  key(digest: string): string {
    return `${this.#prefix}.key.${digest}`;
  }

  /** Messages to one node. */
  node(id: string): string {
    return `${this.all}.${id}`;
  }
}

/** A channel as one token of a subject: each UTF-16 unit that is not safe as `=` and four digits. */
function escaped(channel: string): string {
  return channel.replace(unsafe, (unit) =>
    Array.from({ length: unit.length }, (_, at) => `=${unit.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
}
