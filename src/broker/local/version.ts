import type { Draft } from "../broker.ts";

/** The version of a stream's last publication; 0 where that had none. */
export interface Versioned {
  version: number;
  versionEpoch: string;
}

/**
 * Whether the draft's version is not above that of the last publication. An empty `versionEpoch` compares with any, and a
 * draft without a version is never stale, as in Centrifugo.
 */
export function isStale(stream: Versioned, draft: Draft): boolean {
  const { versionEpoch = "" } = draft;
  const isComparable = versionEpoch === "" || versionEpoch === stream.versionEpoch;
  const version = versionOf(draft);
  return version > 0 && isComparable && version <= stream.version;
}

/** Remembers the draft's version; a draft without one resets what is remembered. */
export function keepVersion(stream: Versioned, draft: Draft): void {
  stream.version = versionOf(draft);
  stream.versionEpoch = draft.versionEpoch ?? "";
}

/** The version as every store keeps it: a whole number from 0 on. */
export function versionOf({ version = 0 }: Draft): number {
  return Math.min(Math.max(Math.trunc(version) || 0, 0), Number.MAX_SAFE_INTEGER);
}
