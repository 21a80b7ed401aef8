import type { Position } from "../../../src/core/publication.ts";

/** A subscriber that keeps a position, as a client with recovery does. */
export interface Client {
  state: "out" | "joining" | "in";
  position: Position | null;
}

export function createClient(): Client {
  return { state: "out", position: null };
}
