import { expect } from "bun:test";
import type { Cable } from "../../support/cable.ts";
import type { Script } from "./script.ts";
import type { StockClient } from "./stock-client.ts";

/** Publishes twenty times into "room" while the line of a script's client is cut; what the client has missed then. */
export async function missWhileCut(script: Script, cable: Cable, speaker: StockClient): Promise<readonly string[]> {
  expect(await script.next()).toEqual({ what: "ready to be cut", value: null });
  cable.unplug();
  const missed = Array.from({ length: 20 }, (_, index) => `missed ${index}`);
  for (const data of missed) await speaker.api.publish("room", data);
  cable.plug();
  return missed;
}
