import { Caller, type CallerPorts } from "../hooks/caller.ts";
import { ChannelWatch } from "../hooks/channel-watch.ts";
import type { EventReceiver } from "../hooks/events/told-hooks.ts";
import type { Hooks } from "../hooks/hooks.ts";
import type { HookStatistics } from "../hooks/statistics.ts";

/** The hooks of an application, ready to be asked by connections. */
export interface NodeHooks {
  readonly hooks: Hooks;
  readonly caller: Caller;
  readonly channels: ChannelWatch;
  /** Events for back ends; null where there are none. */
  readonly events: EventReceiver | null;
}

/** Null without an application. */
export function createNodeHooks(
  { hooks, events }: { readonly hooks: Hooks | null; readonly events: EventReceiver | null },
  ports: CallerPorts,
): NodeHooks | null {
  if (hooks === null) return null;
  return { hooks, events, caller: new Caller(ports), channels: new ChannelWatch(hooks, ports.after) };
}

/** Sends the last events and closes their file. */
export async function endEvents(node: NodeHooks | null): Promise<void> {
  await node?.events?.finish();
  node?.events?.close();
}

/** What was counted of each hook and of each lifecycle handler. */
export function hookStatistics(node: NodeHooks | null): readonly HookStatistics[] {
  return node ? [...node.caller.statistics(), ...node.hooks.statistics()] : [];
}
