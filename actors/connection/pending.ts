import type { ConnectCommand, SubscribeCommand } from "../../src/core/command.ts";
import type { Asked, Joining, Subscribed, Subscription } from "./subscription.ts";

/** What a connection waits for before it goes on with its commands; one thing at a time. */
export type Pending =
  /** The verdict on the token of its connect command. */
  | { readonly for: "connect"; readonly command: ConnectCommand }
  /** The verdict on a token that came with a command. */
  | { readonly for: "refresh"; readonly id: number }
  | { readonly for: "subscribe"; readonly command: SubscribeCommand; readonly subscription: Subscription }
  | { readonly for: "sub_refresh"; readonly id: number; readonly subscription: Subscribed }
  /** The engine, for a join or for the joins of the connect. */
  | { readonly for: "join"; readonly joining: Joining }
  | { readonly for: "greeting"; readonly joinings: readonly Joining[] }
  /** The answer of presence or history, or of a call that no command may overtake. */
  | { readonly for: "query" }
  | PendingHook;

/** A hook that decides: the connection waits for its answer. */
export type PendingHook =
  | { readonly for: "connect hook"; readonly command: ConnectCommand }
  | { readonly for: "subscribe hook"; readonly subscription: Asked }
  | { readonly for: "refresh hook" }
  | { readonly for: "sub_refresh hook"; readonly subscription: Subscribed };

/** The kinds of hooks that a connection waits for; publishes have an order of their own, and calls run beside. */
export type AskedKind = "connect" | "subscribe" | "refresh" | "sub_refresh";

/** Whether a connection waits for a hook. */
export function isPendingHook(pending: Pending | null): pending is PendingHook {
  switch (pending?.for) {
    case "connect hook":
    case "subscribe hook":
    case "refresh hook":
    case "sub_refresh hook":
      return true;
    default:
      return false;
  }
}
