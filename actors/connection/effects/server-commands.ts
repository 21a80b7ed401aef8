import { type Disconnect, disconnects } from "../../../src/core/disconnects.ts";
import type { Payload } from "../../../src/core/payload.ts";
import type { Seconds } from "../../../src/core/time.ts";
import { type Unsubscribe, unsubscribes } from "../../../src/core/unsubscribes.ts";
import type { ServerSubscribe, Subscription } from "../events.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import { type Answers, ttlUntil } from "./answers.ts";
import { armExpiry, noRequest } from "./connecting.ts";
import { armDeadline, disarmDeadline } from "./deadlines.ts";
import { announceJoin, armSubscriptionExpiry, createJoin } from "./joining.ts";
import { leaveChannel } from "./leaving.ts";

/** From 2500 on a client may come back to the channel. */
function disconnectFor({ code }: Unsubscribe): Disconnect {
  return code >= unsubscribes.insufficientState.code ? disconnects.insufficientState : disconnects.forceDisconnect;
}

/** What a back end orders through the Hub, and what time does to subscriptions. */
export function orderedEffects(ports: ConnectionPorts, answers: Answers) {
  const { rules, options, clock, broker } = ports;
  const join = createJoin(ports);

  /** Ends one subscription: a client's own is taken back alone, a server-side one takes its connection with it. */
  const endSubscription = (scope: Scope, { channel, serverSide }: Subscription, why: "expired" | "insufficient") => {
    if (serverSide) {
      const isExpired = why === "expired";
      return answers.end(scope, isExpired ? disconnects.subscriptionExpired : disconnects.insufficientState);
    }
    leaveChannel(ports, scope, channel);
    const unsubscribe = why === "expired" ? unsubscribes.subscriptionExpired : unsubscribes.insufficientState;
    return answers.push(scope, { type: "unsubscribe", channel, unsubscribe });
  };

  return {
    subscribeFromServer: (scope: Scope, { request }: { request: ServerSubscribe }) => {
      const { context } = scope;
      const { channel, expireAt, info, data, since, override } = request;
      if (!context.socket.capabilities.canBeSubscribedByServer) return undefined;
      const isNew = !context.subscriptions.has(channel);
      if (isNew && context.subscriptions.size >= options.channelLimit) {
        return answers.end(scope, disconnects.channelLimit);
      }
      const user = context.identity?.user ?? "";
      const grant = rules.grant(channel, { user, request: null, override });
      if (!grant) return undefined;
      answers.settle(scope);
      const asked = { ...noRequest, recover: since };
      return join(scope, { channel, serverSide: true, grant, expireAt, info, data }, asked, {
        joined: (result) => {
          answers.push(scope, { type: "subscribe", channel, result });
          announceJoin(ports, scope, channel);
        },
        // As on connecting: its client could not tell that the channel is missing.
        refused: () => answers.end(scope, disconnects.internal),
      });
    },

    deliverMessage: ({ context: { socket } }: Scope, { data }: { data: Payload }) => {
      socket.message(data);
    },

    unsubscribeFromServer: (scope: Scope, { channel, unsubscribe }: { channel: string; unsubscribe: Unsubscribe }) => {
      answers.settle(scope);
      // Without a channel the client is told, and keeps its subscriptions, as in Centrifugo.
      if (channel !== "") leaveChannel(ports, scope, channel);
      answers.push(scope, { type: "unsubscribe", channel, unsubscribe });
      // The client can be told of it in no other way, and is connected for nothing else.
      const { capabilities, defaultChannel } = scope.context.socket;
      if (capabilities.hasDefaultChannel && channel === defaultChannel) answers.end(scope, disconnectFor(unsubscribe));
    },

    refreshFromServer: (scope: Scope, { expireAt }: { expireAt: Seconds | null }) => {
      armExpiry(ports, scope, expireAt);
      answers.push(scope, { type: "refresh", expiry: { ttl: ttlUntil(expireAt, clock.wall()) } });
    },

    expireSubscriptions: (scope: Scope) => {
      const late = clock.wall() / 1000 - options.expiredSubscriptionCloseDelay / 1000;
      for (const subscription of [...scope.context.subscriptions.values()]) {
        if (subscription.expireAt !== null && subscription.expireAt <= late) {
          endSubscription(scope, subscription, "expired");
        }
      }
      armSubscriptionExpiry(ports, scope);
    },

    /** What comes from here on is of another stream than the one that a position was kept in. */
    checkStream: (scope: Scope, { channel, epoch }: { channel: string; epoch: string }) => {
      const subscription = scope.context.subscriptions.get(channel);
      if (subscription?.stream && subscription.stream.epoch !== epoch) {
        endSubscription(scope, subscription, "insufficient");
      }
    },

    /** A stream that was forgotten, or begun anew, breaks the positions that were kept in it. */
    checkPositions: (scope: Scope) => {
      let positioned = 0;
      for (const subscription of [...scope.context.subscriptions.values()]) {
        const { stream, channel } = subscription;
        if (!stream) continue;
        positioned += 1;
        if (broker.top(channel, stream.options)?.epoch !== stream.epoch) {
          endSubscription(scope, subscription, "insufficient");
        }
      }
      disarmDeadline(ports, scope, "positions");
      if (positioned > 0) armDeadline(ports, scope, "positions", options.positionCheckDelay);
    },
  };
}
