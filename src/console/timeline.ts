import type { AnyActorRef, InspectionEvent } from "xstate";
import type { OwnedMember } from "../../actors/hub/registry.ts";
import type { Socket } from "../core/socket.ts";
import { statePath } from "./census.ts";
import type { TimelineEntry } from "./shown.ts";

/** Receives what happens to a watched connection. */
export interface TimelineListener {
  happened(entry: TimelineEntry): void;
  /** The connection is in this state from now on. */
  moved(state: string): void;
}

/**
 * Watches one connection until the returned function is called. XState's inspection makes every event of every
 * connection 10 to 29 % slower (measured), so that one connection at most is watched, for a limited time.
 */
export function watchConnection(hub: AnyActorRef, { ref, socket }: OwnedMember, listener: TimelineListener) {
  let path = statePath({ ref });
  const subscription = hub.system.inspect({
    next: (event: InspectionEvent) => {
      if ((event.actorRef as unknown) !== ref) return;
      if (event.type === "@xstate.event") listener.happened(entryOf(event.event));
      if (event.type !== "@xstate.snapshot") return;
      const state = statePath({ ref });
      if (state !== path) listener.moved(state);
      path = state;
    },
  });
  const release = tap(socket, (entry) => listener.happened(entry));
  return () => {
    subscription.unsubscribe();
    release();
  };
}

/** The plain facts of an event; everything else in it stays where it is. */
function entryOf(event: object): TimelineEntry {
  const { type, bytes, command, channel, disconnect, deadline } = event as {
    readonly type: string;
    readonly bytes?: number;
    readonly command?: { readonly channel?: string };
    readonly channel?: string;
    readonly disconnect?: { readonly code: number };
    readonly deadline?: string;
  };
  const named = channel ?? command?.channel;
  const text = deadline === undefined ? type : `${type} (${deadline})`;
  return {
    direction: type.startsWith("client.") ? "in" : "inside",
    type: text,
    ...(typeof named === "string" && { channel: named }),
    ...(typeof bytes === "number" && bytes > 0 && { bytes }),
    ...(disconnect && { code: disconnect.code }),
  };
}

/** Sees what a connection sends to its client: replies, pushes, messages, pings; no deliveries of channels. */
function tap(socket: Socket, see: (entry: TimelineEntry) => void): () => void {
  const { reply, push, message, ping } = socket;
  socket.reply = (sent) => {
    const failed = sent.method === "error" ? { code: sent.error.code } : {};
    see({ direction: "out", type: `reply ${sent.method}`, ...failed });
    reply.call(socket, sent);
  };
  socket.push = (sent) => {
    see({ direction: "out", type: `push ${sent.type}`, ...("channel" in sent && { channel: sent.channel }) });
    push.call(socket, sent);
  };
  socket.message = (data) => {
    see({ direction: "out", type: "message" });
    message.call(socket, data);
  };
  socket.ping = () => {
    see({ direction: "out", type: "ping" });
    ping.call(socket);
  };
  return () => {
    for (const name of ["reply", "push", "message", "ping"]) Reflect.deleteProperty(socket, name);
  };
}
