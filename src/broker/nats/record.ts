import { boolean, type InferOutput, integer, minValue, number, object, optional, parse, pipe, string } from "valibot";

const whole = pipe(number(), integer(), minValue(0));

/** The head of a record, before its bodies. */
const head = object({
  /** Epoch of the stream; "" where it has ended, and of what is not kept. */
  e: string(),
  /** Offset of the last publication; 0 of what is not kept. */
  o: whole,
  /** What the epoch belongs to: one life of the servers' data. */
  g: optional(string()),
  /** The stream kept no publication before the first of these. */
  f: optional(boolean()),
  /** Version, and its epoch, of the last publication. */
  v: optional(whole),
  w: optional(string()),
  /** True: not publications, but the notice that all before are forgotten. */
  x: optional(boolean()),
  /** Of a record without publications: when the last one was stored, in Unix milliseconds. */
  t: optional(whole),
});

/** What begins a record: the version of its form. */
const version = "1";

type Head = InferOutput<typeof head>;

/** What is stored of a channel in one message: publications that came together, or a mark with its position alone. */
export interface StreamRecord {
  readonly head: Head;
  readonly bodies: readonly string[];
}

/** `1`, the head as JSON, line feed, then for each body its length in UTF-16 units, line feed, body. */
export function encodeRecord({ head, bodies }: StreamRecord): string {
  return `${version}${JSON.stringify(head)}\n${bodies.map((body) => `${body.length}\n${body}`).join("")}`;
}

/** What a message says; null where its version is not known here, or it is damaged. */
export function decodeRecord(text: string): StreamRecord | null {
  const headEnd = text.indexOf("\n");
  if (!text.startsWith(version) || headEnd < 0) return null;
  try {
    const bodies = bodiesOf(text, headEnd + 1);
    return bodies && { head: parse(head, JSON.parse(text.slice(1, headEnd))), bodies };
  } catch {
    return null;
  }
}

function bodiesOf(text: string, begin: number): string[] | null {
  const bodies: string[] = [];
  for (let at = begin; at < text.length; ) {
    const lengthEnd = text.indexOf("\n", at);
    const length = lengthEnd < 0 ? Number.NaN : Number(text.slice(at, lengthEnd));
    const end = lengthEnd + 1 + length;
    if (!Number.isSafeInteger(length) || length < 0 || end > text.length) return null;
    bodies.push(text.slice(lengthEnd + 1, end));
    at = end;
  }
  return bodies;
}
