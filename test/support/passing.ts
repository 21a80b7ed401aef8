import type { ManualClock } from "./clock.ts";
import type { StartedServer } from "./start.ts";

/** How often a server looks at its deadlines, in milliseconds. */
const tick = 50;

/** Someone who has to hear and answer what comes, before more time passes. */
interface Listener {
  fence(): Promise<void>;
}

/**
 * Lets so many milliseconds pass on a server with a clock of its own: it looks at its deadlines as often as ever, and the
 * listeners have heard what came of it before time goes on.
 */
export async function pass(
  { node, clock }: { readonly node: StartedServer["node"]; readonly clock: ManualClock },
  milliseconds: number,
  ...listeners: readonly Listener[]
): Promise<void> {
  for (let rest = milliseconds; rest > 0; rest -= tick) {
    clock.advance(Math.min(tick, rest));
    node.sweep();
    await Promise.all(listeners.map((listener) => listener.fence()));
  }
}
