import type { ServerFrame } from "./frames.ts";

/** The head of an HTTP answer, and its body. */
export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name; lines with the same name are joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What can be read from a server's bytes; a violation is something that RFC 6455 forbids a server to send. */
export type Received =
  | { readonly type: "answer"; readonly answer: HttpAnswer }
  | { readonly type: "frame"; readonly frame: ServerFrame }
  | { readonly type: "violation"; readonly what: string };

/**
 * Reads what a server sends, strictly: an HTTP answer for each request that was announced with `expectAnswer`, and
 * frames once an answer was 101.
 */
export class ServerStream {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  /** Not worth looking again before so many bytes are there. */
  #needed = 1;
  #isUpgraded = false;
  /** A message's first fragment has come and its last has not. */
  #isFragmented = false;

  feed(chunk: Buffer): Received[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const received: Received[] = [];
    while (this.#length >= this.#needed) {
      const bytes = Buffer.concat(this.#chunks.splice(0));
      const item = this.#isUpgraded ? this.#frame(bytes, received) : this.#answer(bytes);
      const rest = item ? bytes.subarray(item.length) : bytes;
      if (rest.length > 0) this.#chunks.push(rest);
      this.#length = rest.length;
      if (!item) break;
      this.#needed = 1;
      received.push(item.received);
    }
    return received;
  }

  #answer(bytes: Buffer): { received: Received; length: number } | null {
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) return this.#waitFor(bytes.length + 1);
    const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
    const headers = new Map<string, string>();
    for (const line of lines) {
      const name = line.slice(0, line.indexOf(":")).toLowerCase();
      const value = line.slice(line.indexOf(":") + 1).trim();
      const earlier = headers.get(name);
      headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
    }
    const status = Number(first.split(" ")[1]);
    const bodyLength = status === 101 ? 0 : Number(headers.get("content-length") ?? 0);
    const length = end + 4 + bodyLength;
    if (bytes.length < length) return this.#waitFor(length);
    this.#isUpgraded = status === 101;
    return {
      received: { type: "answer", answer: { status, headers, body: bytes.toString("utf8", end + 4, length) } },
      length,
    };
  }

  #frame(bytes: Buffer, received: Received[]): { received: Received; length: number } | null {
    const head = readHead(bytes);
    if (!head) return this.#waitFor(bytes.length + 1);
    const length = head.length + head.payload;
    if (bytes.length < length) return this.#waitFor(length);
    const frame = { fin: head.fin, opcode: head.opcode, payload: bytes.subarray(head.length, length) };
    const faults = [...head.faults, ...this.#sequenceFaults(frame)];
    for (const what of faults) received.push({ type: "violation", what });
    return { received: { type: "frame", frame }, length };
  }

  #sequenceFaults({ fin, opcode, payload }: ServerFrame): string[] {
    if (opcode >= 8) {
      if (!fin) return ["a fragmented control frame (5.5)"];
      return payload.length > 125 ? ["a control frame of more than 125 bytes (5.5)"] : [];
    }
    const continues = opcode === 0;
    const faults = continues === this.#isFragmented ? [] : [`opcode ${opcode} out of sequence (5.4)`];
    this.#isFragmented = !fin;
    return faults;
  }

  #waitFor(length: number): null {
    this.#needed = length;
    return null;
  }
}

interface Head {
  readonly fin: boolean;
  readonly opcode: number;
  /** Of the head itself. */
  readonly length: number;
  readonly payload: number;
  readonly faults: string[];
}

function readHead(bytes: Buffer): Head | null {
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const length = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < length) return null;
  const payload = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const head = { fin: (first & 0x80) !== 0, opcode: first & 0x0f, length, payload };
  return { ...head, faults: headFaults(first, second, payload) };
}

function headFaults(first: number, second: number, payload: number): string[] {
  const opcode = first & 0x0f;
  const fewest = payload < 126 ? payload : payload < 65_536 ? 126 : 127;
  const faults: [boolean, string][] = [
    [(second & 0x80) !== 0, "a masked frame (5.1)"],
    [(first & 0x70) !== 0, "a reserved bit (5.2)"],
    [(opcode > 2 && opcode < 8) || opcode > 10, `the reserved opcode ${opcode} (5.2)`],
    [(second & 0x7f) !== fewest, "a length that is not the shortest (5.2)"],
  ];
  return faults.flatMap(([isFault, what]) => (isFault ? [what] : []));
}
