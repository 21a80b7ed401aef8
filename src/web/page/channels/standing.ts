import { closeWords } from "../chat/closes.ts";

/** The text that shows the state of the connection or the subscription; `at` is as in the chat. */
export interface Standing {
  readonly at: "closed" | "connecting" | "open" | "refused";
  readonly words: string;
}

/** Why the client connects; `code` and `reason` are as it gives them, and `isCut` is whether a person cut the line. */
interface Connecting {
  readonly code: number;
  readonly reason: string;
  readonly isCut: boolean;
}

/** Codes under 1000 are the client's own, and 0 is a request of the person (centrifuge-js, codes.ts). */
export function connectingStanding({ code, reason, isCut }: Connecting): Standing {
  if (isCut) return { at: "connecting", words: "Cut off, until you let the connection come back." };
  if (code === 0) return { at: "connecting", words: "Connecting …" };
  const lost = code < 1000 ? "The connection was lost." : closeWords(code, reason);
  return { at: "connecting", words: `${lost} Connecting again …` };
}

/** The client says so of every attempt, and makes the next by itself. Servers have emulated transports off by default. */
export function unreachable(transport: string): Standing {
  const isEmulated = transport === "sse" || transport === "http_stream";
  const cause = isEmulated
    ? `The server cannot be reached, or ${transport}.enabled is off.`
    : "The server cannot be reached.";
  return { at: "connecting", words: `${cause} Trying again …` };
}

/** Whether an error of the client says no more than that an attempt to connect came to nothing. */
export function isUnreachable({ code }: { readonly code: number }): boolean {
  return code === transportClosed;
}

const transportClosed = 2;

/** The server closed the client for good, or the client gave up. */
export function disconnectedStanding(code: number, reason: string): Standing {
  if (code === 0) return { at: "closed", words: "You closed the connection." };
  return { at: "refused", words: code < 1000 ? `Closed: ${reason}.` : closeWords(code, reason) };
}
