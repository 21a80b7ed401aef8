/**
 * What the hot path counts: plain numbers on a plain object, one addition each. They are turned into Prometheus' form
 * only when somebody asks (`metrics.ts`). Labels are bounded by construction: codes and reasons come from our tables.
 */
export interface Counters {
  /** Connections that were upgraded. */
  accepted: number;
  /** Upgrades that were refused, by reason. */
  readonly refused: Map<string, number>;
  /** Connections that ended, by close code. */
  readonly closed: Map<number, number>;
  /** Connections that threw. */
  crashes: number;
  /** Connections that were ended because they did not take what they were sent. */
  slow: number;
  /** Frames, and their bytes, from clients and to clients. */
  framesIn: number;
  bytesIn: number;
  framesOut: number;
  bytesOut: number;
  /** Publications that were handed on, and the copies that went out. */
  publications: number;
  deliveries: number;
  /** Frames and commands that a limit of rate or a rule refused. */
  limited: number;
  dropped: number;
  /** Errors that reached the last net: each is a defect. */
  errors: number;
}

/** A fresh set, all zero: one per server. */
export function createCounters(): Counters {
  return {
    accepted: 0,
    refused: new Map(),
    closed: new Map(),
    crashes: 0,
    slow: 0,
    framesIn: 0,
    bytesIn: 0,
    framesOut: 0,
    bytesOut: 0,
    publications: 0,
    deliveries: 0,
    limited: 0,
    dropped: 0,
    errors: 0,
  };
}

/** Adds one under a label. */
export function countIn<Label>(map: Map<Label, number>, label: Label): void {
  map.set(label, (map.get(label) ?? 0) + 1);
}
