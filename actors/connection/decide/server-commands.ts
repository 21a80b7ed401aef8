import { type Seconds, toMilliseconds } from "../../../src/core/time.ts";
import { type Unsubscribe, unsubscribes } from "../../../src/core/unsubscribes.ts";
import type { ServerCommand, ServerSubscribe } from "../events.ts";
import { type Asked, bareRequest } from "../subscription.ts";
import { type Decision, end, nothing, ttlUntil, type View } from "./decision.ts";
import { watchConnection, watchPresence } from "./expiry.ts";
import { decideGranted } from "./subscribe.ts";

/** What a back end orders through the Hub. */
export function decideServerCommand(view: View, command: ServerCommand): readonly Decision[] {
  switch (command.type) {
    case "hub.subscribe":
      return decideServerSubscribe(view, command.request);
    case "hub.unsubscribe":
      return decideServerUnsubscribe(view, command.channel, command.unsubscribe);
    case "hub.refresh":
      return decideServerRefresh(view, command.expireAt, command.info);
    case "hub.message":
      return [{ type: "message", data: command.data.read() }];
  }
}

function decideServerSubscribe(view: View, request: ServerSubscribe): readonly Decision[] {
  const { subscriptions, options, socket } = view.connection;
  const { channel, since } = request;
  if (!socket.capabilities.canBeSubscribedByServer) return nothing;
  if (!subscriptions.has(channel) && subscriptions.size >= options.channelLimit) return [end("channels.exceeded")];
  const asked: Asked = { at: "asked", channel, origin: "server", request: { ...bareRequest, recover: since }, id: 0 };
  return decideGranted(view, asked, request);
}

/** Without a channel the client receives an unsubscribe, and keeps its subscriptions, as in Centrifugo. */
function decideServerUnsubscribe({ connection }: View, channel: string, unsubscribe: Unsubscribe): readonly Decision[] {
  const { capabilities, defaultChannel } = connection.socket;
  const push: Decision = { type: "push", push: { type: "unsubscribe", channel, unsubscribe } };
  if (channel === "") return [push];
  const left: readonly Decision[] = [{ type: "leave", channel, unsubscribe }, push];
  // A client of one channel can receive it in no other way.
  const isLast = capabilities.hasDefaultChannel && channel === defaultChannel;
  return isLast ? [...left, end(reasonOf(unsubscribe))] : left;
}

/** From 2500 on a client may come back to the channel. */
function reasonOf({ code }: Unsubscribe): "channel.interrupted" | "channel.withdrawn" {
  return code >= unsubscribes.insufficientState.code ? "channel.interrupted" : "channel.withdrawn";
}

function decideServerRefresh(view: View, expireAt: Seconds | null, info: string | undefined): readonly Decision[] {
  if (expireAt !== null && toMilliseconds(expireAt) <= view.wall) return [end("expiry.passed")];
  return [
    { type: "set expiry", expireAt, info },
    watchConnection(view, expireAt),
    ...watchPresence(view, info),
    { type: "push", push: { type: "refresh", expiry: { ttl: ttlUntil(expireAt, view.wall) } } },
  ];
}
