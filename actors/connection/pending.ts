import type { Draft } from "../../src/broker/broker.ts";
import type { ConnectCommand, SubscribeCommand } from "../../src/core/command.ts";
import type { SealedPayload } from "../../src/core/sealed.ts";
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
  /** The answer of presence or history. */
  | { readonly for: "query" }
  | PendingHook;

/** A hook that decides: the connection waits for its answer. */
export type PendingHook =
  | { readonly for: "connect hook"; readonly command: ConnectCommand }
  | { readonly for: "subscribe hook"; readonly subscription: Asked }
  /** `id` is the command to answer, null where the client reads no answers. */
  | {
      readonly for: "publish hook";
      readonly id: number | null;
      readonly draft: Omit<Draft, "data">;
      readonly data: SealedPayload;
    }
  | { readonly for: "refresh hook" }
  | { readonly for: "sub_refresh hook"; readonly subscription: Subscribed };

/** The kinds of hooks that a connection waits for; calls and messages run beside its commands. */
export type AskedKind = "connect" | "subscribe" | "publish" | "refresh" | "sub_refresh";

/** Whether a connection waits for a hook. */
export function isPendingHook(pending: Pending | null): pending is PendingHook {
  switch (pending?.for) {
    case "connect hook":
    case "subscribe hook":
    case "publish hook":
    case "refresh hook":
    case "sub_refresh hook":
      return true;
    default:
      return false;
  }
}
