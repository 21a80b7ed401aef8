const headEnd = Buffer.from("\r\n\r\n");

/** One answer of a keep-alive connection. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Reads the answers on one HTTP/1.1 connection; every one must say its length. */
export class HttpReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** Takes the next bytes; returns the answers that they complete. */
  feed(chunk: Uint8Array): HttpAnswer[] {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#bytes, chunk]);
    const answers: HttpAnswer[] = [];
    for (;;) {
      const at = this.#bytes.indexOf(headEnd);
      if (at < 0) break;
      const head = this.#bytes.toString("latin1", 0, at);
      const from = at + headEnd.length;
      const to = from + lengthOf(head);
      if (this.#bytes.length < to) break;
      answers.push({ status: Number(head.slice(9, 12)), body: this.#bytes.toString("utf8", from, to) });
      this.#bytes = this.#bytes.subarray(to);
    }
    return answers;
  }
}

function lengthOf(head: string): number {
  const found = /^content-length: *(\d+)$/im.exec(head);
  if (!found) throw new Error(`an answer without a length: ${head}`);
  return Number(found[1]);
}
