import type { Joined, Since } from "../../../src/broker/broker.ts";
import type { Grant } from "../../../src/channels/grant.ts";
import { rejectsUnrecovered, type SubscribeRequest } from "../../../src/core/command.ts";
import { type ClientError, errors } from "../../../src/core/errors.ts";
import type { SubscribeResult } from "../../../src/core/reply.ts";
import type { Seconds } from "../../../src/core/time.ts";
import type { Subscription } from "../events.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import { ttlUntil } from "./answers.ts";
import { armDeadline } from "./deadlines.ts";
import { clientInfoOf } from "./leaving.ts";
import { createRecoveryBudget } from "./rate.ts";

/** A subscription that may be made: what the rules grant it, and what a token or a back end says of it. */
export interface Terms {
  readonly channel: string;
  readonly serverSide: boolean;
  readonly grant: Grant;
  /** Seconds since 1970; null is never. */
  readonly expireAt: Seconds | null;
  /** Raw JSON shown to the others. */
  readonly info?: string | undefined;
  /** Raw JSON for the client. */
  readonly data?: string | undefined;
}

/** What the caller does with a join; both are called synchronously with the delivery order. */
export interface JoinOutcome {
  /** The subscription holds: the result has to be written before anything else can be. */
  joined(result: SubscribeResult): void;
  /**
   * It does not hold: what was missed cannot be given, and the client asked to be told so by an error (112); or the store
   * cannot keep where the client would stand (100).
   */
  refused(error: ClientError): void;
}

/**
 * Joins channels: the one place where a subscription begins. Attaching the socket, remembering the subscription and
 * writing the result happen inside the broker's `join`, in step with the channel's deliveries: so the result says where
 * the client stands, and the very next publication reaches it.
 */
export function createJoin(ports: ConnectionPorts) {
  const { broker, clock, options } = ports;

  const budget = createRecoveryBudget(ports);

  const sinceOf = (scope: Scope, { grant }: Terms, request: SubscribeRequest): Since | null => {
    const asked = request.recover ?? (grant.autoCacheRecover ? { offset: 0, epoch: "" } : null);
    if (asked === null || !grant.recoverable) return null;
    return {
      position: asked,
      mode: grant.recoveryMode,
      publicationsMax: options.recoveryPublicationsMax,
      bytesMax: budget.left(scope),
    };
  };

  return (scope: Scope, terms: Terms, request: SubscribeRequest, outcome: JoinOutcome): void => {
    const { channel, grant } = terms;
    const { receiver } = scope.context.socket;
    if (receiver === null) {
      outcome.refused(errors.notAvailable);
      return;
    }
    const since = sinceOf(scope, terms, request);
    broker.join(channel, grant.stream, since, (joined) => {
      if (joined === null) return outcome.refused(errors.internal);
      const isLost = since?.mode === "stream" && !joined.recovered;
      if (isLost && rejectsUnrecovered(request)) return outcome.refused(errors.unrecoverablePosition);
      budget.spend(scope, joined.publications);
      // A back end may subscribe to what the client has already: the earlier subscription ends.
      if (scope.context.subscriptions.has(channel)) receiver.detach(channel);
      const subscription = subscriptionOf(terms, joined);
      scope.context.subscriptions.set(channel, subscription);
      receiver.attach(subscription);
      outcome.joined(resultOf(terms, { joined, since, request, ttl: ttlUntil(terms.expireAt, clock.wall()) }));
    });
  };
}

function subscriptionOf({ channel, serverSide, grant, expireAt, info }: Terms, joined: Joined): Subscription {
  return {
    channel,
    serverSide,
    info,
    expireAt,
    stream: grant.stream ? { epoch: joined.position.epoch, options: grant.stream } : null,
    hearsJoinLeave: grant.joinLeave,
    presence: grant.presence,
    joinLeave: grant.announced,
    leaveGrace: grant.namespace.options.leave_grace,
  };
}

interface Joining {
  readonly joined: Joined;
  readonly since: Since | null;
  readonly request: SubscribeRequest;
  readonly ttl: number | null;
}

/** What the client is told: recovered publications follow the position that it asked from, else it stands at the top. */
function resultOf({ grant, data }: Terms, { joined, since, request, ttl }: Joining): SubscribeResult {
  const offset = joined.recovered && since ? since.position.offset : joined.position.offset;
  return {
    ttl,
    recoverable: grant.recoverable,
    positioned: grant.positioned,
    position: grant.positioned ? { offset, epoch: joined.position.epoch } : null,
    publications: joined.publications,
    recovered: joined.recovered,
    wasRecovering: request.recover !== null || since !== null,
    ...(data !== undefined && { data }),
  };
}

/** Lets others see who has come. After the result was written: a client's own join follows its subscribe reply. */
export function announceJoin(ports: ConnectionPorts, scope: Scope, channel: string): void {
  const subscription = scope.context.subscriptions.get(channel);
  if (!subscription) return;
  ports.presenceEvents.enter(channel, clientInfoOf(scope.context, subscription), subscription);
  watch(ports, scope, subscription);
}

/** Sets the deadlines that a subscription brings: its expiry, and the look at its position. */
function watch(ports: ConnectionPorts, scope: Scope, { stream }: Subscription): void {
  armSubscriptionExpiry(ports, scope);
  if (stream && !scope.context.deadlines.some(({ name }) => name === "positions")) {
    armDeadline(ports, scope, "positions", ports.options.positionCheckDelay);
  }
}

/** One deadline for all subscriptions of a connection: the earliest expiry among them, and its grace. */
export function armSubscriptionExpiry(ports: ConnectionPorts, scope: Scope): void {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { expireAt } of scope.context.subscriptions.values()) {
    if (expireAt !== null) earliest = Math.min(earliest, expireAt);
  }
  if (earliest === Number.POSITIVE_INFINITY) return;
  const delay = earliest * 1000 - ports.clock.wall() + ports.options.expiredSubscriptionCloseDelay;
  armDeadline(ports, scope, "subscriptions", Math.max(0, delay));
}
