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

/** The call that a filled-in form stands for. */
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

/** What is to be said of data that begins as JSON does and is none: it went as a text, and may not have been meant so. */
export function textWords(data: string): string {
  const isText = typeof readDraft(data) === "string";
  return isText && /^\s*[[{]/.test(data) ? " The data went as a text: it is no JSON." : "";
}
