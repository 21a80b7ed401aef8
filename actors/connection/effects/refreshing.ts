import type { SubscriptionClaims, Verdict } from "../../../src/auth/authenticator.ts";
import type { Command } from "../../../src/core/command.ts";
import { disconnects } from "../../../src/core/disconnects.ts";
import { errors } from "../../../src/core/errors.ts";
import type { Identity } from "../../../src/core/identity.ts";
import type { Token } from "../../../src/core/sealed.ts";
import type { Subscription } from "../events.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import { type Answers, ttlUntil } from "./answers.ts";
import { armExpiry } from "./connecting.ts";
import { armSubscriptionExpiry } from "./joining.ts";
import { isFor, isPast, tokenErrors } from "./subscribing.ts";
import { createVerification } from "./verification.ts";

type Asked<M extends Command["method"]> = { readonly command: Extract<Command, { method: M }> };

/** A refresh, and the very subscription that it is for. */
interface SubscriptionRefresh {
  readonly command: Asked<"sub_refresh">["command"];
  readonly subscription: Subscription;
}

/** New tokens for what is about to expire. */
export function refreshingEffects(ports: ConnectionPorts, answers: Answers) {
  const { clock } = ports;
  const verification = createVerification(ports);
  /** Back to the next command; a connection that the answer has ended has none. */
  const answered = ({ self }: Scope) => self.send({ type: "auth.answered" });

  const judgeConnection = (scope: Scope, id: number, verdict: Verdict<Identity>) => {
    const { context, self } = scope;
    if (!verdict.ok) {
      if (verdict.error === "unavailable") return answers.refuse(scope, id, errors.internal);
      const isInvalid = verdict.error === "invalid";
      return answers.end(scope, isInvalid ? disconnects.invalidToken : disconnects.connectionExpired);
    }
    const { value: claims } = verdict;
    if (claims.user !== context.identity?.user) return answers.end(scope, disconnects.invalidToken);
    if (!hasSameSubscriptions(scope, claims)) return answers.end(scope, disconnects.insufficientState);
    if (isPast(claims, ports)) return answers.refuse(scope, id, errors.expired);
    self.send({
      type: "auth.refreshed",
      expireAt: claims.expireAt,
      ...(claims.info !== undefined && { info: claims.info }),
    });
    armExpiry(ports, scope, claims.expireAt);
    const ttl = ttlUntil(claims.expireAt, clock.wall());
    return answers.reply(scope, { id, method: "refresh", result: { ttl } });
  };

  const judgeSubscription = (
    scope: Scope,
    { command: { id, channel }, subscription }: SubscriptionRefresh,
    verdict: Verdict<SubscriptionClaims>,
  ) => {
    // A back end may have ended it while its token was looked at, and begun another one, which this is not about.
    if (scope.context.subscriptions.get(channel) !== subscription) {
      return answers.refuse(scope, id, errors.permissionDenied);
    }
    if (!verdict.ok) {
      if (verdict.error === "unavailable") return answers.refuse(scope, id, tokenErrors.unavailable);
      const isInvalid = verdict.error === "invalid";
      return answers.end(scope, isInvalid ? disconnects.invalidToken : disconnects.subscriptionExpired);
    }
    const { value: claims } = verdict;
    if (!isFor(claims, scope, channel)) return answers.end(scope, disconnects.invalidToken);
    if (isPast(claims, ports)) return answers.refuse(scope, id, errors.expired);
    scope.context.subscriptions.set(channel, {
      ...subscription,
      expireAt: claims.expireAt,
      info: claims.info ?? subscription.info,
    });
    armSubscriptionExpiry(ports, scope);
    return answers.reply(scope, {
      id,
      method: "sub_refresh",
      result: { ttl: ttlUntil(claims.expireAt, clock.wall()) },
    });
  };

  const verifyConnection = (scope: Scope, { id, token }: Asked<"refresh">["command"]) =>
    verification.connection(scope, token, (verdict) => {
      judgeConnection(scope, id, verdict);
      answered(scope);
    });

  const verifySubscription = (scope: Scope, refresh: SubscriptionRefresh, token: Token) =>
    verification.subscription(scope, token, (verdict) => {
      judgeSubscription(scope, refresh, verdict);
      answered(scope);
    });

  return {
    verifyRefresh: (scope: Scope, { command }: Asked<"refresh">) => {
      answers.settle(scope);
      verifyConnection(scope, command);
    },

    verifySubscriptionRefresh: (scope: Scope, { command }: Asked<"sub_refresh">) => {
      answers.settle(scope);
      const subscription = scope.context.subscriptions.get(command.channel);
      if (subscription?.serverSide) return answers.end(scope, disconnects.badRequest);
      if (subscription && command.token) return verifySubscription(scope, { command, subscription }, command.token);
      answers.refuse(scope, command.id, subscription ? errors.badRequest : errors.permissionDenied);
      return answered(scope);
    },
  };
}

/**
 * Whether a new token names the channels that the old one did, and none of them was left since. A token cannot change
 * what a connection has: it has to connect anew for that (3010).
 */
function hasSameSubscriptions({ context }: Scope, { subscriptions }: Identity): boolean {
  const had = context.identity?.subscriptions ?? [];
  const names = new Set(had.map(({ channel }) => channel));
  const isSame = subscriptions.length === names.size && subscriptions.every(({ channel }) => names.has(channel));
  return isSame && had.every(({ channel }) => context.subscriptions.get(channel)?.serverSide === true);
}
