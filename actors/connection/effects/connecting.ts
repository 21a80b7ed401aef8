import type { SubscribeRequest } from "../../../src/core/command.ts";
import { disconnects } from "../../../src/core/disconnects.ts";
import type { ServerSubscription } from "../../../src/core/identity.ts";
import type { SubscribeResult } from "../../../src/core/reply.ts";
import { type Seconds, toMilliseconds } from "../../../src/core/time.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import { type Answers, ttlUntil } from "./answers.ts";
import { armDeadline, disarmDeadline } from "./deadlines.ts";
import { announceJoin, createJoin } from "./joining.ts";

/** What one asks for who asks for nothing. */
export const noRequest: SubscribeRequest = {
  recover: null,
  positioned: false,
  recoverable: false,
  joinLeave: false,
  flag: 0,
  delta: "",
  filter: null,
};

/** The first thing that a connection hears, and the channels that it has from the start. */
export function welcomingEffects(ports: ConnectionPorts, answers: Answers) {
  const { rules, clock, options, log, hub, offlineMessages } = ports;
  const join = createJoin(ports);
  const joinAll = createJoinAll(ports, join);

  /** A plain client is there for its one channel; without it there is nothing to do but to go. */
  const joinHome = (scope: Scope) => {
    const { context } = scope;
    const user = context.identity?.user ?? "";
    const asker = { user, subscribed: false, full: options.channelLimit < 1, token: false, type: 0, filtered: false };
    const grant =
      context.socket.defaultChannel === ""
        ? null
        : rules.grant(context.socket.defaultChannel, { user, request: noRequest });
    if (!grant || rules.maySubscribe(context.socket.defaultChannel, asker))
      return answers.end(scope, disconnects.permissionDenied);
    // It gets no joins and no replays, because it could not read them; so it keeps no position that could be lost.
    const terms = { channel: context.socket.defaultChannel, serverSide: false, expireAt: null };
    const silent = { ...grant, joinLeave: false, autoCacheRecover: false, stream: null };
    return join(scope, { ...terms, grant: silent }, noRequest, {
      joined: () => announceJoin(ports, scope, context.socket.defaultChannel),
      refused: () => answers.end(scope, disconnects.internal),
    });
  };

  /** False where it could not be greeted, and ends. */
  const greet = (scope: Scope): boolean => {
    const { context } = scope;
    const { id } = context.socket;
    const { interval, timeout } = context.socket.heartbeat;
    const subs = joinAll(scope, subscriptionsOf(ports, context));
    if (subs === null) {
      answers.end(scope, disconnects.internal);
      return false;
    }
    answers.reply(scope, {
      id: context.connect?.id ?? 0,
      method: "connect",
      result: {
        client: id,
        version: options.version,
        subs,
        ttl: ttlUntil(context.expireAt, clock.wall()),
        ping: context.socket.capabilities.hasNativePing || interval === 0 ? null : Math.round(interval / 1000),
        pong: timeout > 0,
        time: options.includeServerTime ? Math.round(clock.wall()) : null,
      },
    });
    for (const channel of subs.keys()) announceJoin(ports, scope, channel);
    const user = context.identity?.user ?? "";
    if (options.singleConnection && user !== "") hub.send({ type: "connection.alone", id, user });
    return true;
  };

  /** What was pushed while the user was away follows the first thing that is said; to one who is not let in, nothing. */
  const handOverMail = ({ context }: Scope) => {
    const { socket, identity } = context;
    const isIn = !socket.capabilities.hasDefaultChannel || context.subscriptions.size > 0;
    if (!offlineMessages || !identity?.user || !isIn || !socket.capabilities.canReceiveMessages) return;
    offlineMessages.deliver(identity.user, socket.id);
  };

  return {
    welcome: (scope: Scope) => {
      const { context } = scope;
      const user = context.identity?.user ?? "";
      log.info("connection.authenticated", { connection: context.socket.id, user, dialect: context.socket.dialect });
      armExpiry(ports, scope, context.expireAt);
      const { hasDefaultChannel, canReadErrors } = context.socket.capabilities;
      if (hasDefaultChannel) joinHome(scope);
      else if (canReadErrors && !greet(scope)) return;
      handOverMail(scope);
    },

    release: ({ context, self }: Scope) => {
      for (const event of context.held) self.send(event);
    },
  };
}

/**
 * Joins the channels that a connection has from the start: what is to be told of each; or null, and none of them, where
 * one cannot be had: a client that was told of some alone would take the others for taken away.
 */
function createJoinAll({ rules }: Pick<ConnectionPorts, "rules">, join: ReturnType<typeof createJoin>) {
  return (scope: Scope, subscriptions: readonly ServerSubscription[]): Map<string, SubscribeResult> | null => {
    const { context } = scope;
    const results = new Map<string, SubscribeResult>();
    let isWhole = true;
    const user = context.identity?.user ?? "";
    for (const { channel, info, data, override } of subscriptions) {
      const grant = rules.grant(channel, { user, request: null, override });
      if (!grant) continue;
      const request = { ...(context.connect?.subs.get(channel) ?? noRequest), flag: 0 };
      join(scope, { channel, serverSide: true, grant, expireAt: null, info, data }, request, {
        joined: (result) => results.set(channel, result),
        refused: () => {
          isWhole = false;
        },
      });
    }
    if (isWhole) return results;
    // Nobody has heard of those that were joined, so nobody is told that they are left.
    for (const channel of context.subscriptions.keys()) context.socket.receiver?.detach(channel);
    context.subscriptions.clear();
    return null;
  };
}

/** The channels that a connection has from the start: its token's, its own, and those it asks for and may have. */
export function subscriptionsOf(
  { rules }: Pick<ConnectionPorts, "rules">,
  { identity, connect }: Pick<Scope["context"], "identity" | "connect">,
): ServerSubscription[] {
  const user = identity?.user ?? "";
  const found = new Map((identity?.subscriptions ?? []).map((each) => [each.channel, each]));
  const personal = rules.personalChannel(user);
  if (personal !== null && !found.has(personal)) found.set(personal, { channel: personal });
  for (const channel of connect?.subs.keys() ?? []) {
    if (!found.has(channel) && rules.onConnect(channel, user) === "given") found.set(channel, { channel });
  }
  return [...found.values()];
}

/** Ends a connection when its credentials do: with a grace for those who can refresh them, which a plain client cannot. */
export function armExpiry(ports: ConnectionPorts, scope: Scope, expireAt: Seconds | null): void {
  const grace = scope.context.socket.capabilities.canRefresh ? ports.options.expiredCloseDelay : 0;
  if (expireAt === null) disarmDeadline(ports, scope, "expiry");
  else armDeadline(ports, scope, "expiry", Math.max(0, toMilliseconds(expireAt) - ports.clock.wall() + grace));
}
