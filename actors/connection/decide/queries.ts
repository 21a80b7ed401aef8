import type { Command } from "../../../src/core/command.ts";
import { errors } from "../../../src/core/errors.ts";
import { type Decision, refuse, type View } from "./decision.ts";

/** The client asks who is in a channel, or how many. */
export function decidePresence(
  view: View,
  { method, id, channel }: Extract<Command, { method: "presence" | "presence_stats" }>,
): readonly Decision[] {
  const refusal = view.rules.mayPresence(channel, askerOf(view, channel));
  if (refusal) return [refuse(id, refusal)];
  return [{ type: method === "presence" ? "read presence" : "read presence stats", id, channel }];
}

/** The client asks what was published. */
export function decideHistory(
  view: View,
  { id, channel, limit, since, reverse }: Extract<Command, { method: "history" }>,
): readonly Decision[] {
  const refusal = view.rules.mayHistory(channel, askerOf(view, channel));
  const options = view.rules.resolve(channel)?.namespace.history;
  if (refusal || !options) return [refuse(id, refusal ?? errors.notAvailable)];
  if (reverse && since?.offset === 0) return [refuse(id, errors.badRequest)];
  // At most so many publications, and as many for -1.
  const { options: own, account } = view.connection;
  const most = own.historyPublicationsMax;
  const page = { limit: limit < 0 || limit > most ? most : limit, since, reverse };
  const filter = { ...page, bytesMax: own.historyBytesMax, account };
  return [{ type: "read history", id, channel, options, filter }];
}

function askerOf({ connection }: View, channel: string) {
  return { user: connection.user, subscribed: connection.subscriptions.has(channel) };
}
