import type { Member } from "../../actors/hub/registry.ts";
import type { Config } from "../config/config.ts";
import { insecureSwitches } from "../config/warnings.ts";
import { durationBounds } from "../hooks/statistics.ts";
import type { Gauges } from "../metrics/gauges.ts";
import type { Admission } from "../sockets/admission.ts";
import { hookStatistics } from "./hook-ports.ts";
import type { Messages } from "./messages.ts";
import type { Node } from "./node.ts";

/** What is known of the process as a whole. */
export type ProcessGauges = Pick<Gauges, "loopLag" | "logLinesDropped" | "openFiles" | "openFilesLimit">;

/** The parts whose state is shown as metrics. */
interface GaugedParts extends ProcessGauges {
  readonly node: Node;
  readonly messages: Messages;
  readonly admission: Admission;
  readonly version: string;
}

/** What is read only when metrics are scraped. */
export function gaugesOf(config: Config, { node, messages, admission, version, ...process }: GaugedParts): Gauges {
  const switches = [...insecureSwitches(config)].map(([path, isOn]) => [path, isOn ? 1 : 0] as const);
  const insecure = new Map(switches);
  return {
    version,
    sockets: () => admission.connections,
    connections: () => statesOf(node.registry.all()),
    users: () => node.registry.count().users,
    channels: () => node.subscribers.size,
    deadlines: () => node.deadlines.size,
    stalled: () => node.slow.size,
    ...process,
    pushFailures: messages.failures,
    pushEntriesLost: messages.entriesLost,
    commits: node.commits,
    insecure: () => insecure,
    engine: () => node.remote?.() ?? null,
    hooks: {
      durationBounds,
      read: () => hookStatistics(node.hooks),
      refusedOutputs: () => node.hooks?.hooks.refusedOutputs ?? 0,
    },
  };
}

/** Connections by protocol and state. */
function statesOf(members: Iterable<Member>) {
  const counts = new Map<string, { dialect: string; state: string; count: number }>();
  for (const member of members) {
    const { state } = member;
    const { dialect } = member.socket;
    const key = `${dialect} ${state}`;
    const entry = counts.get(key) ?? { dialect, state, count: 0 };
    entry.count += 1;
    counts.set(key, entry);
  }
  return [...counts.values()];
}
