import { object, parse, picklist, string } from "valibot";

/** One message between nodes. */
export interface ClusterMessage {
  /** `tell` is not answered; `ask` is answered by `answer`, or by `refuse` where the kind is unknown or nothing is known. */
  readonly type: "tell" | "ask" | "answer" | "refuse";
  /** The id of the node that sends it. */
  readonly from: string;
  /** The id of a question, for its asker; "" for a message. */
  readonly id: string;
  /** What the body means. */
  readonly kind: string;
  readonly body: string;
}

const type = picklist(["tell", "ask", "answer", "refuse"]);

/** Version 0: all in one JSON text. */
const zeroth = object({ type, from: string(), id: string(), kind: string(), body: string() });

/** The first letter of a message: the version of its form. A node reads its own version and the one before. */
const version = "1";

/** A message as one string: `1`, type, blank, sender, blank, id, blank, kind, line feed, body. */
export function encodeMessage({ type, from, id, kind, body }: ClusterMessage): string {
  return `${version}${type} ${from} ${id} ${kind}\n${body}`;
}

/** What a text says; null where its version is not known here, or it is damaged. */
export function decodeMessage(text: string): ClusterMessage | null {
  try {
    if (text.startsWith(version)) return decodeFirst(text);
    return text.startsWith("0") ? parse(zeroth, JSON.parse(text.slice(1))) : null;
  } catch {
    return null;
  }
}

function decodeFirst(text: string): ClusterMessage | null {
  const headEnd = text.indexOf("\n");
  const [first, from, id, kind, ...rest] = text.slice(1, Math.max(headEnd, 0)).split(" ");
  if (from === undefined || id === undefined || kind === undefined || rest.length > 0) return null;
  return { type: parse(type, first), from, id, kind, body: text.slice(headEnd + 1) };
}
