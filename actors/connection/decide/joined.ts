import type { Joined, Since } from "../../../src/broker/broker.ts";
import { rejectsUnrecovered } from "../../../src/core/command.ts";
import { type ClientError, errors } from "../../../src/core/errors.ts";
import { deltaForms, type Publication } from "../../../src/core/publication.ts";
import { framedSize, publicationsSize } from "../../../src/core/publication-size.ts";
import type { SubscribeResult } from "../../../src/core/reply.ts";
import type { Joining, Origin, Subscribed } from "../subscription.ts";
import { next } from "../subscription.ts";
import { type Decision, end, nothing, refuse, reply, ttlUntil, type View } from "./decision.ts";
import { watchSubscription, withEnd } from "./expiry.ts";
import { filterTokens } from "./filters.ts";

/** What the broker has answered to a join; null: the channel's stream can be neither read nor begun, for this error. */
export interface JoinAnswer {
  readonly joined: Joined | null;
  readonly error?: ClientError | undefined;
  readonly since: Since | null;
}

/**
 * What follows from a join, decided inside of it, in step with the channel's deliveries: the result says where the
 * client stands, and the very next publication reaches it.
 */
export function decideJoined(view: View, joining: Joining, answer: JoinAnswer): readonly Decision[] {
  const { joined, since, error } = answer;
  if (joined === null) return failed(joining, error ?? errors.internal);
  const isLost = since?.mode === "stream" && !joined.recovered;
  if (isLost && joining.origin === "client" && rejectsUnrecovered(joining.request)) {
    return failed(joining, errors.unrecoverablePosition);
  }
  const begun = next(joining, { type: "joined", joined });
  if (begun.at !== "subscribed") return nothing;
  const subscription = withEnd(begun, view);
  const recoveredBytes = publicationsSize(joined.publications);
  const framedBytes = framedSize(joined.publications);
  const tokens = filterTokens(joining, joined, since);
  const attach: Decision = {
    type: "attach",
    subscription,
    recoveredBytes,
    framedBytes,
    tokens,
    ...baseOf(joining, joined),
  };
  const { origin, channel, id } = joining;
  switch (origin) {
    case "connect":
      return [attach];
    case "default":
      return [attach, ...entered(view, subscription), { type: "settle" }];
    case "client": {
      const result = resultOf(view, joining, { joined, since });
      return [attach, reply({ id, method: "subscribe", result }), ...entered(view, subscription)];
    }
    case "server": {
      const result = resultOf(view, joining, { joined, since });
      return [attach, { type: "push", push: { type: "subscribe", channel, result } }, ...entered(view, subscription)];
    }
  }
}

/** The publication that the next one is a patch of: the last one that the client has. */
function baseOf({ terms: { grant } }: Joining, { recovered, publications, top }: Joined) {
  const base = grant.delta && recovered ? (publications.at(-1) ?? top) : undefined;
  return base && { base };
}

/** A client reads an error; where the server gives a channel, its client could not notice that it is missing. */
function failed(
  { origin, id }: { readonly origin: Origin; readonly id: number },
  error: ClientError,
): readonly Decision[] {
  return [origin === "client" ? refuse(id, error) : end("channel.failed")];
}

/** Others see who has come. After the result was written: a client's own join follows its subscribe reply. */
export function entered(view: View, subscription: Subscribed): readonly Decision[] {
  return [{ type: "enter", subscription }, ...watchSubscription(view, subscription)];
}

/** The client's position: recovered publications follow the one that it asked from, else it is the top. */
export function resultOf(
  { wall }: View,
  { request, terms: { grant, data, expireAt } }: Joining,
  { joined, since }: { readonly joined: Joined; readonly since: Since | null },
): SubscribeResult {
  const offset = joined.recovered && since ? since.position.offset : joined.position.offset;
  return {
    ttl: grant.namespace.hooks.subRefresh ? null : ttlUntil(expireAt, wall),
    recoverable: grant.recoverable,
    positioned: grant.positioned,
    position: grant.positioned ? { offset, epoch: joined.position.epoch } : null,
    publications: formsOf(grant, joined.publications),
    ...(grant.delta && { delta: true }),
    recovered: joined.recovered,
    wasRecovering: request.recover !== null || since !== null,
    ...(data !== undefined && { data }),
  };
}

function formsOf({ filter, delta }: Joining["terms"]["grant"], publications: readonly Publication[]) {
  if (filter) return publications.filter(filter.matches);
  return delta ? deltaForms(publications) : publications;
}
