import { disconnects } from "../../../core/disconnects.ts";

/**
 * Whether a close with this code is for good: 3500 to 3999 and 4500 to 4999 tell a client never to come back (Centrifuge
 * protocol). A close with 1000 is for good where a person pressed Close, which the session knows by itself.
 */
export function isTerminal(code: number): boolean {
  return (code >= 3500 && code <= 3999) || (code >= 4500 && code <= 4999);
}

/** What a close means, in words for the person at the page; `reason` is what the close frame said. */
export function closeWords(code: number, reason: string): string {
  const known = words.get(code);
  if (known !== undefined) return known;
  return reason === "" ? `The server closed the connection (code ${code}).` : `The server closed: ${reason} (${code}).`;
}

const words: ReadonlyMap<number, string> = new Map<number, string>([
  [1000, "The server closed the connection."],
  [1001, "The server went away."],
  [1002, "The server and this page did not understand each other."],
  [1005, "The server closed the connection."],
  [1006, "The connection was lost, or the server did not let it in."],
  [1007, "The server could not read a text."],
  [1008, "The server refused what was sent."],
  [1011, "The server failed."],
  [1012, "The server restarts."],
  [1013, "The server is too busy."],
  [1015, "The secure connection could not be made."],
  [disconnects.tooBig.code, "That was larger than the server takes."],
  [disconnects.connectionClosed.code, "The connection was closed."],
  [disconnects.shutdown.code, "The server shuts down."],
  [disconnects.internal.code, "The server had a fault with this connection."],
  [disconnects.connectionExpired.code, "The token has run out."],
  [disconnects.subscriptionExpired.code, "The permission for this channel has run out."],
  [disconnects.slow.code, "This page could not keep up with the channel."],
  [disconnects.insufficientState.code, "The server lost its place in the channel."],
  [disconnects.forceReconnect.code, "The server asked to connect anew."],
  [disconnects.noPong.code, "The server did not hear from this page for too long."],
  [disconnects.tooManyRequests.code, "Too much was sent in too short a time."],
  [disconnects.invalidToken.code, "The token is not valid."],
  [
    disconnects.badRequest.code,
    "The server wants a token: enter one under “Token”. The command gentoken --user NAME makes one.",
  ],
  [disconnects.stale.code, "The connection was not completed in time."],
  [disconnects.forceDisconnect.code, "The server sent this connection away."],
  [disconnects.connectionLimit.code, "There are too many connections of this user."],
  [disconnects.channelLimit.code, "There are too many channels on this connection."],
  [disconnects.permissionDenied.code, "This is not allowed in this channel to you."],
  [disconnects.notAvailable.code, "The server does not offer this."],
]);
