import { expect, test } from "bun:test";
import type { Presence, PresenceQueries } from "../../src/presence/presence.ts";

/** What every implementation of presence has to do, whether it answers at once or later; called within a `describe`. */
export function presenceContract(create: () => Presence | Promise<Presence>): void {
  const ann = (client: string) => ({ user: "ann", client });
  const listOf = async (presence: PresenceQueries, channel: string) => {
    const list = await presence.list(channel);
    if (list === "over" || list === null) throw new Error(`Expected a list of ${channel}, got ${list}.`);
    return list;
  };

  test("a channel has one entry per connection, in the order of entering, each with its last info", async () => {
    const presence = await create();
    presence.enter("a", ann("1"));
    presence.enter("a", { user: "bob", client: "2", connInfo: "{}" });
    presence.enter("b", ann("1"));
    presence.enter("a", { ...ann("3"), chanInfo: "1" });
    presence.enter("a", { user: "bob", client: "2", connInfo: "[]" });
    expect([...(await listOf(presence, "a"))]).toEqual([
      ["1", ann("1")],
      ["3", { ...ann("3"), chanInfo: "1" }],
      ["2", { user: "bob", client: "2", connInfo: "[]" }],
    ]);
    expect(await presence.stats("a")).toEqual({ clients: 3, users: 2 });
    expect(await presence.stats("nowhere")).toEqual({ clients: 0, users: 0 });
  });

  test("who leaves is gone at the next question, and leaving twice changes nothing", async () => {
    const presence = await create();
    for (const client of ["1", "2"]) presence.enter("a", ann(client));
    presence.leave("a", "1");
    presence.leave("a", "1");
    presence.leave("nowhere", "1");
    expect([...(await listOf(presence, "a")).keys()]).toEqual(["2"]);
    expect(await presence.stats("a")).toEqual({ clients: 1, users: 1 });
    presence.leave("a", "2");
    expect([...(await listOf(presence, "a"))]).toEqual([]);
  });

  test("a list does not change after it was given, and is the same object until something changes", async () => {
    const presence = await create();
    presence.enter("a", ann("1"));
    const before = await listOf(presence, "a");
    expect(await listOf(presence, "a")).toBe(before);
    presence.enter("a", ann("2"));
    presence.leave("a", "1");
    expect([...(await listOf(presence, "a")).keys()]).toEqual(["2"]);
    expect([...before.keys()]).toEqual(["1"]);
  });
}
