import type { Draft } from "../../../src/broker/broker.ts";
import type { ConnectCommand } from "../../../src/core/command.ts";
import { type ClientError, errors } from "../../../src/core/errors.ts";
import type { HookOutcome } from "../../../src/hooks/hooks.ts";
import type { AskedPublish } from "../asked-publishes.ts";
import type { AskedKind, PendingHook } from "../pending.ts";
import type { Asked } from "../subscription.ts";
import { decideAnonymous, decideIdentified } from "./connect.ts";
import { type Decision, end, hasPassed, refuse, type View } from "./decision.ts";
import { refuseFrame } from "./publish.ts";
import { decideRefreshAnswer, decideSubRefreshAnswer } from "./refresh-answers.ts";
import { decideGranted } from "./subscribe.ts";

/** What follows from the answer of a hook, or from its failure. */
export function decideAnswer(view: View, pending: PendingHook, outcome: HookOutcome<AskedKind>): readonly Decision[] {
  // The outcome is that of the hook that was asked for just this: the two types always agree.
  switch (pending.for) {
    case "connect hook":
      return decideConnectAnswer(view, pending.command, outcome as HookOutcome<"connect">);
    case "subscribe hook":
      return decideSubscribeAnswer(view, pending.subscription, outcome as HookOutcome<"subscribe">);
    case "refresh hook":
      return decideRefreshAnswer(view, outcome as HookOutcome<"refresh">);
    case "sub_refresh hook":
      return decideSubRefreshAnswer(view, pending.subscription, outcome as HookOutcome<"sub_refresh">);
  }
}

function decideConnectAnswer(
  view: View,
  command: ConnectCommand,
  outcome: HookOutcome<"connect">,
): readonly Decision[] {
  switch (outcome.kind) {
    case "result": {
      const { data, ...identity } = outcome.result;
      if (hasPassed(identity.expireAt, view.wall)) return [reject(command.id, errors.expired)];
      return decideIdentified(view, command, { ...identity, isComplete: true }, data);
    }
    case "none":
      return decideAnonymous(view, command);
    case "disconnect":
      return [{ type: "disconnect", disconnect: outcome.disconnect }];
    case "error":
    case "failed":
      return [reject(command.id, outcome.error)];
  }
}

function decideSubscribeAnswer(
  view: View,
  subscription: Asked,
  outcome: HookOutcome<"subscribe">,
): readonly Decision[] {
  const { channel } = subscription;
  switch (outcome.kind) {
    case "none":
    case "result": {
      const result = outcome.kind === "result" ? outcome.result : { expireAt: null };
      if (hasPassed(result.expireAt, view.wall)) return refuseSubscribe(subscription, errors.expired);
      // A back end may have subscribed it meanwhile.
      if (view.connection.subscriptions.has(channel)) return refuseSubscribe(subscription, errors.alreadySubscribed);
      return decideGranted(view, subscription, { ...result, isAsked: true });
    }
    case "disconnect":
      return [{ type: "disconnect", disconnect: outcome.disconnect }];
    case "error":
    case "failed":
      return refuseSubscribe(subscription, outcome.error);
  }
}

/** A client of one channel reads no errors. */
function refuseSubscribe({ origin, id }: Asked, error: ClientError): readonly Decision[] {
  return [origin === "client" ? refuse(id, error) : end("channel.forbidden")];
}

/** What follows from what a hook says of a publish. */
export function decideAskedPublish(
  view: View,
  asked: AskedPublish,
  outcome: HookOutcome<"publish">,
): readonly Decision[] {
  const { answer } = asked;
  switch (outcome.kind) {
    case "none":
    case "result": {
      const draft = draftOf(view, asked, outcome);
      return [{ type: "publish", id: answer?.id ?? null, draft, number: answer?.number ?? null }];
    }
    case "disconnect": {
      const disconnect = { type: "disconnect", disconnect: outcome.disconnect } as const;
      return answer ? [{ type: "answer publish", number: answer.number, reply: null }, disconnect] : [disconnect];
    }
    case "error":
    case "failed": {
      const { error } = outcome;
      if (answer === null) return refuseFrame(view, error);
      return [{ type: "answer publish", number: answer.number, reply: { id: answer.id, method: "error", error } }];
    }
  }
}

/** The draft with what the hook says of it. */
function draftOf(
  { connection }: View,
  { draft, data: sent }: AskedPublish,
  outcome: Extract<HookOutcome<"publish">, { kind: "none" | "result" }>,
): Draft {
  if (outcome.kind === "none") return { ...draft, data: sent.read() };
  const { data = sent.read(), tags, idempotencyKey, skipHistory, excludePublisher, ...versions } = outcome.result;
  return {
    ...draft,
    ...versions,
    data,
    ...(tags && { tags }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(skipHistory && { history: null }),
    ...(excludePublisher && { exclude: connection.socket }),
  };
}

function reject(id: number, error: ClientError): Decision {
  return { type: "reject connect", id, error };
}
