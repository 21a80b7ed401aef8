import type { Draft } from "../../../src/broker/broker.ts";
import type { ConnectCommand } from "../../../src/core/command.ts";
import { SealedPayload } from "../../../src/core/sealed.ts";
import type { Asked } from "../subscription.ts";
import type { Decision, View } from "./decision.ts";

/** Asks who the client is. */
export function askConnect(command: ConnectCommand): Decision {
  const { token, data, name, version, subs } = command;
  return {
    type: "ask",
    question: {
      kind: "connect",
      request: { token: token?.read() ?? "", data: data?.read() ?? null, name, version, channels: [...subs.keys()] },
    },
    pending: { for: "connect hook", command: { ...command, token: null } },
  };
}

/** Asks whether a client may subscribe. */
export function askSubscribe(subscription: Asked, data: SealedPayload | null): Decision {
  return {
    type: "ask",
    question: { kind: "subscribe", request: { channel: subscription.channel, data: data?.read() ?? null } },
    pending: { for: "subscribe hook", subscription },
  };
}

/** Asks what becomes of a publish; `id` is the command to answer, null where the client reads no answers. */
export function askPublish({ connection }: Pick<View, "connection">, whole: Draft, id: number | null): Decision {
  const { data, ...draft } = whole;
  const subscription = connection.subscriptions.get(draft.channel);
  const member = subscription ? { ...(subscription.info !== undefined && { info: subscription.info }) } : null;
  return { type: "ask publish", id, draft, data: new SealedPayload(data), member };
}
