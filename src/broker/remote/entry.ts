import type { Draft } from "../broker.ts";
import { keyDigest } from "../local/idempotency.ts";
import { versionOf } from "../local/version.ts";
import type { Entry } from "./engine.ts";
import { encodeDraft } from "./wire.ts";

/** What an engine is given of a draft; `id` is that of its publish. */
export function entryOf(draft: Draft, id: string): Entry {
  const { channel, history, idempotencyKey, versionEpoch = "", account } = draft;
  const key = idempotencyKey === undefined ? "" : keyDigest(channel, idempotencyKey);
  const body = encodeDraft(draft, id);
  return { channel, body, history, key, version: versionOf(draft), versionEpoch, ...(account && { account }) };
}
