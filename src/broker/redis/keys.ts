/**
 * The names of a channel's keys. The channel is a hash tag, so that all of them are in one slot of a cluster; what would
 * end the tag, or is no Unicode, is escaped, so that channels differ by every character.
 */
export class Keys {
  readonly #prefix: string;
  /** The Redis channel of messages between nodes. */
  readonly control: string;

  constructor(prefix: string) {
    this.control = `${prefix}:control`;
    this.#prefix = `${prefix}:{`;
  }

  /** The part between the braces of all keys of a channel. */
  tag(channel: string): string {
    return escaped(channel);
  }

  /** A STREAM: the publications. */
  stream(channel: string): string {
    return `${this.#prefix}${escaped(channel)}}:s`;
  }

  /** A HASH: epoch, top, generation, version. */
  meta(channel: string): string {
    return `${this.#prefix}${escaped(channel)}}:m`;
  }

  /** A STRING: what a publish with this key became. */
  result(channel: string, key: string): string {
    return `${this.#prefix}${escaped(channel)}}:r:${key}`;
  }

  /** What else is kept of a channel, by its name there. */
  part(channel: string, name: string): string {
    return `${this.#prefix}${escaped(channel)}}:${name}`;
  }

  /** What is kept of the nodes, by its name there; in one slot too, which is that of no channel. */
  node(name: string): string {
    return `${this.#prefix}%nodes}:${name}`;
  }

  /** What is kept of messages to users, by its name there; in one slot, which is that of no channel. */
  inbox(name: string): string {
    return `${this.#prefix}%inbox}:${name}`;
  }

  /** The Redis channel of publications. */
  messages(channel: string): string {
    return `${this.#prefix}${escaped(channel)}}:p`;
  }
}

/** Characters that a hash tag cannot hold. */
const unsafe = /[%}]|\p{Surrogate}/gu;

function escaped(channel: string): string {
  return channel.replace(unsafe, (character) => `%${character.charCodeAt(0).toString(16)};`);
}
