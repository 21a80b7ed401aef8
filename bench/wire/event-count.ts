const lineFeed = 10;

/**
 * Counts the server-sent events that one client receives: each ends with an empty line. The line breaks between the
 * chunks of HTTP are CRLF, so that two line feeds stand nowhere else.
 */
export class EventCount {
  total = 0;
  readonly lastLength = 0;
  readonly lastPayload = 0;
  readonly whole = true;
  #endsWithLineFeed = false;

  /** Events may have any length. */
  expectAny(): void {}

  expectFixed(): void {
    throw new Error("events are not counted by their length");
  }

  expectJoined(): void {
    this.expectFixed();
  }

  /** Takes the next bytes; returns `total`. */
  feed(chunk: Buffer): number {
    if (this.#endsWithLineFeed && chunk[0] === lineFeed) this.total += 1;
    for (let at = chunk.indexOf("\n\n"); at >= 0; at = chunk.indexOf("\n\n", at + 2)) this.total += 1;
    this.#endsWithLineFeed = chunk.at(-1) === lineFeed && chunk.at(-2) !== lineFeed;
    return this.total;
  }
}
