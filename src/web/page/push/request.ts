import { readDraft } from "../channels/publication-words.ts";
import type { PushRequest } from "./api.ts";

/** What a person filled in. */
export interface PushDraft {
  readonly to: "channel" | "channels" | "user";
  /** One channel, channels with spaces or commas between them, or one user. */
  readonly target: string;
  /** Text, or JSON. */
  readonly data: string;
  /** Seconds for which a push to an absent user is kept; "" for not at all. */
  readonly keep: string;
  /** "" for none. */
  readonly idempotencyKey: string;
}

/** The call of a filled-in form. */
export function pushRequest({ to, target, data, keep, idempotencyKey }: PushDraft): PushRequest {
  const common = {
    data: readDraft(data),
    ...(idempotencyKey === "" ? {} : { idempotency_key: idempotencyKey }),
  };
  switch (to) {
    case "channel":
      return { method: "publish", body: { channel: target, ...common } };
    case "channels": {
      const channels = target.split(/[\s,]+/).filter((channel) => channel !== "");
      return { method: "broadcast", body: { channels, ...common } };
    }
    case "user":
      return {
        method: "send",
        body: { user: target, ...common, ...(keep === "" ? {} : { queue_ttl_s: Number(keep) }) },
      };
  }
}

/** The warning about data that begins as JSON and is not: it was sent as a text. */
export function textWords(data: string): string {
  const isText = typeof readDraft(data) === "string";
  return isText && /^\s*[[{]/.test(data) ? " The data went as a text: it is no JSON." : "";
}
