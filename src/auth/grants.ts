import * as v from "valibot";
import { deviceOf } from "../core/device.ts";
import type { Identity, ServerSubscription } from "../core/identity.ts";
import { isObject } from "../core/object.ts";
import { overrideOf } from "../core/override.ts";
import type { SubscriptionClaims } from "./authenticator.ts";
import {
  type connectionSchema,
  expiryOf,
  grantSchema,
  type JsonObject,
  ownValue,
  type ParsedClaims,
  type subscriptionSchema,
} from "./claims.ts";
import { jsonOfBase64 } from "./json.ts";
import { type Outcome, passed, refused } from "./refusals.ts";

type Grant = v.InferOutput<typeof grantSchema>;

/** Who a connection is by the claims of its token. */
export function identityOf(parsed: ParsedClaims<v.InferOutput<typeof connectionSchema>>): Outcome<Identity> {
  const { claims, user, exact } = parsed;
  const subscriptions = subscriptionsOf(claims.channels ?? [], claims.subs ?? {}, exact);
  if (!subscriptions.ok) return subscriptions;
  const info = payloadOf(exact, "info", claims.b64info);
  // Our own issuer broke it: the same token may be whole the next time, so the client may reconnect.
  if (info === broken) return refused("own_payload");
  const device = deviceOf(claims.device);
  return passed({
    user,
    expireAt: expiryOf(claims),
    ...(device !== "" && { device }),
    subscriptions: subscriptions.value,
    ...(info !== undefined && { info }),
    ...(Object.hasOwn(exact, "meta") && { meta: JSON.stringify(exact["meta"]) }),
  });
}

/** What a subscription token grants by its claims. */
export function subscriptionOf(
  parsed: ParsedClaims<v.InferOutput<typeof subscriptionSchema>>,
): Outcome<SubscriptionClaims> {
  const { claims, user, exact } = parsed;
  const channel = claims.channel ?? "";
  if (channel === "") return refused("channel_missing");
  const granted = serverSubscription(channel, claims, exact);
  if (granted === undefined) return refused("payload");
  return passed({ ...granted, user, client: claims.client ?? "", expireAt: expiryOf(claims) });
}

/** `subs` wins over `channels`; a channel that is named twice is one. */
function subscriptionsOf(
  channels: readonly (string | null)[],
  subs: JsonObject,
  exact: JsonObject,
): Outcome<readonly ServerSubscription[]> {
  const entries = Object.entries(subs);
  if (entries.length === 0)
    return passed([...new Set(channels.map((name) => name ?? ""))].map((channel) => ({ channel })));
  const exactSubs = ownValue(exact, "subs");
  const found: ServerSubscription[] = [];
  for (const [channel, entry] of entries) {
    const grant = v.safeParse(grantSchema, entry ?? {});
    if (!grant.success) return refused("claims");
    const exactEntry = isObject(exactSubs) ? ownValue(exactSubs, channel) : undefined;
    const subscription = serverSubscription(channel, grant.output, isObject(exactEntry) ? exactEntry : {});
    if (subscription === undefined) return refused("payload");
    found.push(subscription);
  }
  return passed(found);
}

function serverSubscription(channel: string, grant: Grant, exact: JsonObject): ServerSubscription | undefined {
  const info = payloadOf(exact, "info", grant.b64info);
  const data = payloadOf(exact, "data", grant.b64data);
  if (info === broken || data === broken) return undefined;
  return {
    channel,
    ...(info !== undefined && { info }),
    ...(data !== undefined && { data }),
    ...(grant.override && { override: overrideOf(grant.override) }),
  };
}

/** The result for a payload that is not base64; no JSON text is empty. */
const broken = "";

/** The raw JSON of a payload: the base64 form wins over the plain one, which counts where its key is there at all. */
function payloadOf(exact: JsonObject, key: "info" | "data", base64: string | null | undefined): string | undefined {
  if (base64) return jsonOfBase64(base64) ?? broken;
  return Object.hasOwn(exact, key) ? JSON.stringify(exact[key]) : undefined;
}
