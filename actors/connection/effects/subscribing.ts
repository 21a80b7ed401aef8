import type { SubscriptionClaims, Verdict } from "../../../src/auth/authenticator.ts";
import type { Command, SubscribeCommand } from "../../../src/core/command.ts";
import { disconnects } from "../../../src/core/disconnects.ts";
import { type ClientError, errors } from "../../../src/core/errors.ts";
import type { Token } from "../../../src/core/sealed.ts";
import type { Seconds } from "../../../src/core/time.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import type { Answers } from "./answers.ts";
import { announceJoin, createJoin, type Terms } from "./joining.ts";
import { leaveChannel } from "./leaving.ts";
import { createSubscribeRate } from "./rate.ts";
import { createVerification } from "./verification.ts";

type Asked<M extends Command["method"]> = { readonly command: Extract<Command, { method: M }> };

/** A client's own subscriptions. */
export function subscribingEffects(ports: ConnectionPorts, answers: Answers) {
  const { rules, options } = ports;
  const verification = createVerification(ports);
  const join = createJoin(ports);
  const isWithinRate = createSubscribeRate(ports);

  /** What is refused before a token is looked at, and again after it was: the channel may be taken meanwhile. */
  const refusalOf = (scope: Scope, { channel, token, type, filter }: SubscribeCommand): ClientError | null => {
    const { subscriptions, identity } = scope.context;
    return rules.maySubscribe(channel, {
      user: identity?.user ?? "",
      subscribed: subscriptions.has(channel),
      full: subscriptions.size >= options.channelLimit,
      token: token !== null,
      type,
      filtered: filter !== null,
    });
  };

  const firstRefusalOf = (scope: Scope, command: SubscribeCommand): ClientError | null =>
    isWithinRate(scope) ? refusalOf(scope, command) : errors.tooManyRequests;

  const begin = (scope: Scope, command: SubscribeCommand, claims: SubscriptionClaims | null) => {
    const { channel, id } = command;
    const wish = { user: scope.context.identity?.user ?? "", request: command, override: claims?.override };
    const grant = rules.grant(channel, wish);
    if (!grant) return answers.refuse(scope, id, errors.unknownChannel);
    const terms: Terms = {
      channel,
      serverSide: false,
      grant,
      expireAt: claims?.expireAt ?? null,
      info: claims?.info,
      data: claims?.data,
    };
    join(scope, terms, command, {
      joined: (result) => {
        answers.reply(scope, { id, method: "subscribe", result });
        announceJoin(ports, scope, channel);
      },
      refused: (error) => answers.refuse(scope, id, error),
    });
  };

  /** What a token that was looked at does. */
  const judge = (scope: Scope, command: SubscribeCommand, verdict: Verdict<SubscriptionClaims>) => {
    if (!verdict.ok) return answers.refuse(scope, command.id, tokenErrors[verdict.error]);
    if (!isFor(verdict.value, scope, command.channel)) return answers.end(scope, disconnects.invalidToken);
    if (isPast(verdict.value, ports)) return answers.refuse(scope, command.id, errors.expired);
    const refusal = refusalOf(scope, command);
    return refusal ? answers.refuse(scope, command.id, refusal) : begin(scope, command, verdict.value);
  };

  const verify = (scope: Scope, command: SubscribeCommand, token: Token) =>
    verification.subscription(scope, token, (verdict) => {
      judge(scope, command, verdict);
      scope.self.send({ type: "auth.answered" });
    });

  return {
    subscribe: (scope: Scope, { command }: Asked<"subscribe">) => {
      answers.settle(scope);
      const refusal = firstRefusalOf(scope, command);
      if (refusal) answers.refuse(scope, command.id, refusal);
      else begin(scope, command, null);
    },

    verifySubscription: (scope: Scope, { command }: Asked<"subscribe">) => {
      answers.settle(scope);
      const refusal = firstRefusalOf(scope, command);
      if (!refusal && command.token) return verify(scope, command, command.token);
      if (refusal) answers.refuse(scope, command.id, refusal);
      return scope.self.send({ type: "auth.answered" });
    },

    unsubscribe: (scope: Scope, { command }: Asked<"unsubscribe">) => {
      answers.settle(scope);
      leaveChannel(ports, scope, command.channel);
      answers.reply(scope, { id: command.id, method: "unsubscribe" });
    },
  };
}

/** What a refused subscription token is answered with; the connection stays. */
export const tokenErrors = {
  invalid: errors.permissionDenied,
  expired: errors.tokenExpired,
  unavailable: errors.internal,
} as const satisfies Record<Extract<Verdict<unknown>, { ok: false }>["error"], ClientError>;

/** Whether a token was made for this channel, this user and, where it says so, this connection. */
export function isFor(claims: SubscriptionClaims, { context }: Scope, channel: string): boolean {
  const isOurs = claims.user === (context.identity?.user ?? "") && claims.channel === channel;
  return isOurs && (claims.client === "" || claims.client === context.socket.id);
}

/** Whether an `expire_at` lies in the past already. */
export function isPast({ expireAt }: { readonly expireAt: Seconds | null }, { clock }: ConnectionPorts): boolean {
  return expireAt !== null && expireAt <= Math.floor(clock.wall() / 1000);
}
