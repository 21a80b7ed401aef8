import * as v from "valibot";
import { bytesOfBase64 } from "../../core/base64.ts";
import type { ServerSubscription } from "../../core/identity.ts";
import { findMembers } from "../../core/json.ts";
import { isObject } from "../../core/object.ts";
import { overrideOf } from "../../core/override.ts";
import { type Payload, payloadOfBytes, payloadToJson } from "../../core/payload.ts";
import { type Seconds, seconds } from "../../core/time.ts";
import type { HookTypes } from "../hooks.ts";
import { pathOf, type RawObject, type ResultText, rawField, rawObject } from "./answer.ts";
import { HttpFault } from "./endpoint.ts";

/** What cannot be decoded: the client is answered with error 100, or closed with 3004 where it asked nothing. */
export class UndecodableResult extends HttpFault {}

const text = v.nullish(v.string(), "");
/** A name that identifies something: without lone surrogates, which all are one character in bytes. */
const name = v.pipe(
  text,
  v.check((given) => given.isWellFormed()),
);
const flag = v.nullish(v.boolean(), false);
const time = v.nullish(v.pipe(v.number(), v.safeInteger()), 0);
/** An object that is no list: to valibot a list is an object too. */
function plain<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(v.custom<object>(isObject), v.object(entries));
}

const overrideFlag = v.nullish(plain({ value: flag }));
const override = v.nullish(
  plain({
    presence: overrideFlag,
    join_leave: overrideFlag,
    force_push_join_leave: overrideFlag,
    force_recovery: overrideFlag,
    force_positioning: overrideFlag,
  }),
);
const grantEntries = { b64info: text, b64data: text, override };
const grant = plain({ ...grantEntries, cache_recover: flag });

const connectSchema = v.object({
  user: name,
  expire_at: time,
  b64info: text,
  b64data: text,
  channels: v.nullish(v.array(v.nullable(v.string())), []),
  subs: v.nullish(v.custom<Readonly<Record<string, unknown>>>(isObject), {}),
});

const expirySchema = v.object({ expired: flag, expire_at: time, b64info: text });
const subscribeSchema = v.object({ expire_at: time, ...grantEntries });
const rpcSchema = v.object({ b64data: text });
const publishSchema = v.object({
  b64data: text,
  skip_history: flag,
  tags: v.nullish(v.pipe(v.custom<object>(isObject), v.record(v.string(), v.nullish(v.string(), "")))),
  idempotency_key: name,
  delta: flag,
  version: v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
  version_epoch: text,
});

export function connectResult(result: ResultText): HookTypes["connect"]["result"] {
  const { user, expire_at, b64info, b64data, channels, subs } = read(connectSchema, result);
  const meta = rawField(result.text, "meta");
  return {
    user,
    expireAt: never(expire_at),
    ...defined("info", jsonOf(result.text, "info", b64info)),
    ...defined("data", jsonOf(result.text, "data", b64data)),
    ...defined("meta", meta ?? undefined),
    subscriptions: subscriptionsOf(channels, subs, rawObject(result.text, "subs")),
  };
}

/** Null: the connection, or the subscription, has expired. */
export function refreshResult(result: ResultText): HookTypes["refresh"]["result"] | null {
  const { expired, expire_at, b64info } = read(expirySchema, result);
  const info = jsonOf(result.text, "info", b64info);
  // Without an expiry the connection ends, as in Centrifugo.
  if (expired || expire_at <= 0) return null;
  const meta = rawField(result.text, "meta");
  return { expireAt: seconds(expire_at), ...defined("info", info), ...defined("meta", meta ?? undefined) };
}

/** As `refreshResult`; without an expiry the subscription never expires again, and an empty info leaves the old one. */
export function subRefreshResult(result: ResultText): HookTypes["sub_refresh"]["result"] | null {
  const { expired, expire_at, b64info } = read(expirySchema, result);
  const info = jsonOf(result.text, "info", b64info);
  return expired ? null : { expireAt: never(expire_at), ...defined("info", info) };
}

export function subscribeResult(result: ResultText): HookTypes["subscribe"]["result"] {
  const { expire_at, b64info, b64data, override: changed } = read(subscribeSchema, result);
  return {
    expireAt: never(expire_at),
    ...defined("info", jsonOf(result.text, "info", b64info)),
    ...defined("data", jsonOf(result.text, "data", b64data)),
    ...(changed && { override: overrideOf(changed) }),
  };
}

export function publishResult(result: ResultText): HookTypes["publish"]["result"] {
  const { b64data, skip_history, tags, idempotency_key, delta, version, version_epoch } = read(publishSchema, result);
  const json = rawField(result.text, "data");
  const own: Payload | null = json === null || json === "null" ? null : { kind: "json", json };
  const data = own ?? (b64data === "" ? null : decoded("b64data", b64data));
  return {
    ...(data && { data }),
    ...(tags && Object.keys(tags).length > 0 && { tags }),
    ...(idempotency_key !== "" && { idempotencyKey: idempotency_key }),
    ...(skip_history && { skipHistory: true }),
    ...(delta && { asDelta: true }),
    ...(version > 0 && { version }),
    ...(version_epoch !== "" && { versionEpoch: version_epoch }),
  };
}

export function rpcResult(result: ResultText): HookTypes["rpc"]["result"] {
  return defined("data", jsonOf(result.text, "data", read(rpcSchema, result).b64data));
}

function read<Schema extends v.GenericSchema>(schema: Schema, { value }: ResultText): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new HttpFault(`the answer has a field of a wrong type: result.${pathOf(parsed.issues[0])}`);
}

function defined<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: Value };
}

/** 0 and less is never. */
function never(expireAt: number): Seconds | null {
  return expireAt > 0 ? seconds(expireAt) : null;
}

/** The raw JSON of a payload: base64 goes before the plain field; bytes that are not JSON become a base64 string. */
function jsonOf(result: RawObject, name: string, base64: string): string | undefined {
  if (base64 !== "") return payloadToJson(decoded(`b64${name}`, base64));
  return rawField(result, name) ?? undefined;
}

function decoded(name: string, base64: string): Payload {
  const bytes = bytesOfBase64(base64);
  const payload = bytes && payloadOfBytes(bytes);
  if (payload) return payload;
  throw new UndecodableResult(`the answer's ${name} is not base64, or has too many levels`);
}

/** What `subs` says of a channel wins over `channels`; a channel that is named twice is one. */
function subscriptionsOf(
  channels: readonly (string | null)[],
  subs: Readonly<Record<string, unknown>>,
  raw: RawObject | null,
): readonly ServerSubscription[] {
  // One look for all of them: a look for each would take as long as there are channels, times the length of the text.
  const places = raw === null ? null : findMembers(raw.json, raw.start);
  const others = [...new Set(channels.map((name) => name ?? ""))].filter((name) => !places?.has(name));
  if (raw === null || places === null) return others.map((channel) => ({ channel }));
  const detailed = Object.keys(subs).map((channel) => {
    const value = v.safeParse(grant, subs[channel] ?? {});
    if (!value.success) throw new HttpFault(`the answer has a field of a wrong type: result.subs.${channel}`);
    const place = subs[channel] === null ? undefined : places.get(channel);
    const own = place && { json: raw.json, start: place.start };
    const { b64info, b64data, override: changed, cache_recover } = value.output;
    const changes = { ...(changed && overrideOf(changed)), ...(cache_recover && { cacheRecover: true }) };
    return {
      channel,
      ...(own && defined("info", jsonOf(own, "info", b64info))),
      ...(own && defined("data", jsonOf(own, "data", b64data))),
      ...((changed || cache_recover) && { override: changes }),
    };
  });
  return [...others.map((channel) => ({ channel })), ...detailed];
}
