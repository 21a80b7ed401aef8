import * as v from "valibot";
import { refuseField } from "./operation-error.ts";
import { readWith } from "./schema.ts";

const text = v.string("expected a string");
const flag = v.optional(v.boolean("expected a boolean"));
const notNegative = "expected 0 or more";
const amount = v.pipe(v.number(notNegative), v.finite(notNegative), v.minValue(0, notNegative));
const whole = v.pipe(v.number("expected a number"), v.safeInteger("expected a whole number"));
const position = v.object({ offset: v.pipe(whole, v.minValue(0, notNegative)), epoch: text }, "expected a position");
const options = "expected an object";

/** The arguments, as far as another type would come to harm: an application may be JavaScript. */
export const schemas = {
  channels: v.object({ channels: v.array(text, "expected a list of strings") }),
  pattern: v.object({ pattern: text }),
  publish: v.object(
    {
      tags: v.optional(v.record(v.string(), text, "expected an object of strings")),
      skipHistory: flag,
      delta: flag,
      idempotencyKey: v.optional(text),
      version: v.optional(v.pipe(whole, v.minValue(0, notNegative))),
      versionEpoch: v.optional(text),
      excludeClient: v.optional(text),
    },
    options,
  ),
  send: v.object(
    {
      queueTtl: v.optional(amount),
      ttl: v.optional(v.union([amount, text], 'expected a duration such as "24h", or milliseconds')),
      until: v.optional(v.picklist(["delivered", "acknowledged"], "expected delivered or acknowledged")),
      per: v.optional(v.picklist(["user", "device"], "expected user or device")),
      idempotencyKey: v.optional(text),
    },
    options,
  ),
  who: v.object(
    {
      user: text,
      client: v.optional(text),
      session: v.optional(text),
      whitelist: v.optional(v.array(text, "expected a list of strings")),
    },
    "expected whom: an object with a user",
  ),
  connection: v.object({ client: text }, "expected a client"),
  addressee: v.object({ user: v.optional(text, ""), client: v.optional(text, "") }, "expected a user, or a client"),
  expiry: v.object({ expireAt: v.nullish(amount) }, options),
  subscribe: v.object(
    {
      since: v.nullish(position),
      override: v.optional(
        v.object({
          presence: flag,
          joinLeave: flag,
          forcePushJoinLeave: flag,
          forceRecovery: flag,
          forcePositioning: flag,
        }),
      ),
    },
    options,
  ),
  disconnect: v.object({ code: v.number("expected 3000 to 4999"), reason: text }, "expected a code and a reason"),
  history: v.object({ limit: v.optional(whole), since: v.nullish(position), reverse: flag }, options),
};

/** Throws error 107 with the place of the first mistake. */
export function expectArgument(schema: v.GenericSchema, value: unknown): void {
  const read = readWith(schema, value);
  if (!read.ok) refuseField(read.error);
}

/** Throws error 107 where a channel is no text. */
export function expectChannel(channel: string): void {
  if (typeof channel !== "string") refuseField("channel: expected a string");
}
