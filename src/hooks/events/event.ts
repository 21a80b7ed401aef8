import type { LifecycleEvent } from "../hooks.ts";

/** The hooks that are notified and decide nothing. */
export type EventKind = "connected" | "disconnect" | "unsubscribe" | "channel_state";

/** The fields of an event beside its id, time and node. */
export interface EventFields {
  readonly type: string;
  readonly client?: string;
  readonly user?: string;
  readonly channel?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly duration_ms?: number;
  /** The id of the run before, in `node_started`. */
  readonly previous?: string;
  /** Events that were lost, in `events_lost`; 0 where it is not known how many. */
  readonly count?: number;
}

/** An event, and the hook that receives it. */
export interface ToldEvent {
  readonly kind: EventKind;
  readonly fields: EventFields;
}

/** Null where no hook receives it. */
export function readEvent(event: LifecycleEvent): ToldEvent | null {
  switch (event.type) {
    case "connected":
      return { kind: "connected", fields: { type: "connected", ...clientOf(event) } };
    case "disconnected": {
      const { code, reason } = event.disconnect;
      const duration_ms = Math.round(event.duration);
      return { kind: "disconnect", fields: { type: "disconnect", ...clientOf(event), code, reason, duration_ms } };
    }
    case "unsubscribed": {
      const { code, reason } = event.unsubscribe;
      const { channel } = event;
      return { kind: "unsubscribe", fields: { type: "unsubscribe", ...clientOf(event), channel, code, reason } };
    }
    case "channel.opened":
      return { kind: "channel_state", fields: { type: "channel_opened", channel: event.channel } };
    case "channel.closed":
      return { kind: "channel_state", fields: { type: "channel_closed", channel: event.channel } };
    case "subscribed":
      return null;
  }
}

function clientOf({ client }: { readonly client: { readonly id: string; readonly user: string } }) {
  return { client: client.id, user: client.user };
}
