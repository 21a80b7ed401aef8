import { disconnects } from "../../src/core/disconnects.ts";
import { errors } from "../../src/core/errors.ts";
import { unsubscribes } from "../../src/core/unsubscribes.ts";

/** Where the reference of codes is. */
export const referencePath = `${import.meta.dir}/../../docs/reference/codes.md`;

const errorMeanings: Record<keyof typeof errors, string> = {
  internal:
    "A part of the server failed. Whether a publish with this error has happened is unknown: repeat it with an idempotency key.",
  unknownChannel: "The namespace of the channel is not configured.",
  permissionDenied: "The client, user or API key has no right to do this.",
  methodNotFound: "There is no such call or API method.",
  alreadySubscribed: "The client is subscribed to the channel, or the server has subscribed it.",
  limitExceeded: "A limit of the server, of the namespace or of the caller is reached.",
  badRequest: "A field is missing, malformed or out of bounds; errors of our own methods name it.",
  notAvailable: "The feature is off, for the channel or for the server.",
  tokenExpired: "The token has expired: the client fetches another one.",
  expired: "The time that the token names for the connection or subscription lies in the past.",
  tooManyRequests: "The caller is over a rate.",
  unrecoverablePosition: "The position belongs to another stream, or what follows it is no longer kept.",
};

const disconnectMeanings: Record<keyof typeof disconnects, string> = {
  connectionClosed: "The client closed the connection. Never sent.",
  shutdown: "The server stops or restarts.",
  internal: "The connection failed on the server, or one of its server-side channels could not be begun.",
  connectionExpired: "The connection has expired and was not refreshed in time.",
  subscriptionExpired: "A server-side subscription has expired.",
  slow: "The client does not read what it is sent, or does not finish a message.",
  insufficientState: "A server-side subscription has lost its position, or a new token names other channels.",
  forceReconnect: "A back end asks the client to connect again.",
  noPong: "A ping was not answered in time.",
  tooManyRequests: "The client went on sending over its rate, or too many commands wait.",
  invalidToken: "The token is invalid, or is for another user, channel or connection.",
  badRequest: "A frame or command breaks the protocol.",
  stale: "The client did not connect in time.",
  forceDisconnect: "A back end ended the connection.",
  connectionLimit: "The user has too many connections, or a newer one.",
  channelLimit: "The connection would have too many channels.",
  permissionDenied: "The client has no right to connect, or a plain client none to be in its channel or to publish.",
  notAvailable: "The server has no handler for messages of clients.",
  tooBig: "A frame is over the size limit.",
};

const unsubscribeMeanings: Record<keyof typeof unsubscribes, string> = {
  server: "A back end ended the subscription.",
  insufficientState: "The subscription has lost its position in the stream; the client subscribes again and recovers.",
  subscriptionExpired: "The subscription has expired and was not refreshed in time.",
};

const introduction = `# Codes

Numbers and texts are those of the Centrifuge protocol; stock clients act on them. A _terminal_ code ends for good; after
every other one a stock client tries again by itself. Applications have their own: errors 400 to 1999, disconnects 4000 to
4999 (terminal from 4500), unsubscribes 2100 to 2499 (terminal) and 2600 to 2999.
`;

interface Row {
  readonly code: number;
  readonly text: string;
  readonly isTerminal: boolean;
  readonly meaning: string;
}

/** The reference as Markdown: errors, disconnects and unsubscribes, by code. */
export function codesReference(): string {
  const errorRows = rowsOf(errors, errorMeanings, ({ code, message, temporary }) => ({
    code,
    text: message,
    isTerminal: temporary !== true && code !== errors.tokenExpired.code,
  }));
  const disconnectRows = rowsOf(disconnects, disconnectMeanings, ({ code, reason }) => ({
    code,
    text: reason,
    isTerminal: (code >= 3500 && code < 4000) || code === disconnects.tooBig.code,
  }));
  const unsubscribeRows = rowsOf(unsubscribes, unsubscribeMeanings, ({ code, reason }) => ({
    code,
    text: reason,
    isTerminal: code < 2500,
  }));
  return [
    introduction,
    table("Errors: the answer to a command or a call of the API", errorRows),
    table("Disconnects: the code of the close frame, or of the disconnect push of a stream", disconnectRows),
    table("Unsubscribes: one subscription ends, the connection stays", unsubscribeRows),
  ].join("\n");
}

type Entry = { readonly code: number; readonly reason?: string; readonly message?: string; readonly temporary?: true };

function rowsOf<Name extends string>(
  codes: Readonly<Record<Name, Entry>>,
  meanings: Readonly<Record<Name, string>>,
  read: (entry: { code: number; reason: string; message: string; temporary?: true }) => Omit<Row, "meaning">,
): Row[] {
  const names = Object.keys(codes) as Name[];
  return names
    .map((name) => ({ ...read({ reason: "", message: "", ...codes[name] }), meaning: meanings[name] }))
    .sort((a, b) => a.code - b.code);
}

function table(title: string, rows: readonly Row[]): string {
  const lines = rows.map(
    ({ code, text, isTerminal, meaning }) =>
      `| ${code} | ${text || "(none)"} | ${isTerminal ? "yes" : "no"} | ${meaning} |`,
  );
  return `## ${title}\n\n| code | text | terminal | meaning |\n| --- | --- | --- | --- |\n${lines.join("\n")}\n`;
}

if (import.meta.main) await Bun.write(referencePath, codesReference());
