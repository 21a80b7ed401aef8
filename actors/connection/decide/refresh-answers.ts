import { type Seconds, seconds } from "../../../src/core/time.ts";
import type { HookOutcome } from "../../../src/hooks/hooks.ts";
import { next, type Subscribed } from "../subscription.ts";
import { type Decision, end, hasPassed, nothing, type Renewal, type View } from "./decision.ts";
import { decideEnded, watchConnection, watchExpiries, watchPresence, withEnd } from "./expiry.ts";

/** Seconds until a hook that failed is asked again, as in Centrifugo. */
const askAgainAfter = 60;

/** The answer to the expiry of the connection. */
export function decideRefreshAnswer(view: View, outcome: HookOutcome<"refresh">): readonly Decision[] {
  if (outcome.kind === "failed") return renewed(view, soon(view), {});
  if (outcome.kind === "disconnect") return [{ type: "disconnect", disconnect: outcome.disconnect }];
  if (outcome.kind !== "result" || hasPassed(outcome.result.expireAt, view.wall)) return [end("credentials.expired")];
  return renewed(view, outcome.result.expireAt, outcome.result);
}

function renewed(view: View, expireAt: Seconds | null, { info, meta }: Renewal): readonly Decision[] {
  return [{ type: "set expiry", expireAt, info, meta }, watchConnection(view, expireAt), ...watchPresence(view, info)];
}

/** The answer to the expiry of a subscription; it may have ended while the hook was asked. */
export function decideSubRefreshAnswer(
  view: View,
  asked: Subscribed,
  outcome: HookOutcome<"sub_refresh">,
): readonly Decision[] {
  const { channel } = asked;
  const subscription = view.connection.subscriptions.get(channel);
  if (subscription !== asked) return nothing;
  const isOver = outcome.kind !== "failed" && outcome.kind !== "result";
  const { expireAt, info } = outcome.kind === "result" ? outcome.result : { expireAt: soon(view), info: undefined };
  if (isOver || hasPassed(expireAt, view.wall)) return decideEnded(subscription, "expired");
  const changed = next(subscription, { type: "refreshed", expireAt, info: info ?? asked.info });
  if (changed.at !== "subscribed") return nothing;
  const refreshed = withEnd(changed, view);
  return [
    { type: "update", subscription: refreshed },
    ...watchExpiries(view, refreshed, new Set([channel])),
    ...watchPresence(view, info),
  ];
}

function soon({ wall }: View): Seconds {
  return seconds(Math.floor(wall / 1000) + askAgainAfter);
}
