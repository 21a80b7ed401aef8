import type { Draft } from "../broker.ts";

/** The version of a stream's last publication; 0 where that had none. */
export interface Versioned {
  version: number;
  versionEpoch: string;
}

/**
 * Remembers the draft's version and returns true, or returns false: it is no news. An empty `versionEpoch` compares
 * with any, and a draft without a version is always news and resets what is remembered, as in Centrifugo.
 */
export function takeVersion(stream: Versioned, draft: Draft): boolean {
  const version = Math.min(Math.max(Math.trunc(draft.version ?? 0) || 0, 0), Number.MAX_SAFE_INTEGER);
  const versionEpoch = draft.versionEpoch ?? "";
  const comparable = versionEpoch === "" || versionEpoch === stream.versionEpoch;
  if (version > 0 && comparable && version <= stream.version) return false;
  stream.version = version;
  stream.versionEpoch = versionEpoch;
  return true;
}
