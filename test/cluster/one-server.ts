import { expect } from "bun:test";
import { pub } from "../support/centrifuge-probe.ts";
import type { ClusterNode } from "./node.ts";

/** Clients of `other` hear, recover and read what is published at `one`, which is killed in the end. */
export async function expectOneServer(one: ClusterNode, other: ClusterNode): Promise<void> {
  const first = await other.connect();
  const { epoch } = await first.subscribe("a");
  await one.api("publish", { channel: "a", data: 1 });
  expect(await first.next()).toMatchObject(pub("a", { data: 1, offset: 1 }));
  await first.close();

  for (const data of [2, 3]) await one.api("publish", { channel: "a", data });
  using second = await other.connect();
  const recovered = await second.subscribe("a", { recover: true, offset: 1, epoch: String(epoch) });
  expect(recovered).toMatchObject({ recovered: true, publications: [{ data: 2 }, { data: 3 }] });
  expect(await other.api("history", { channel: "a", limit: 10 })).toMatchObject({ offset: 3, epoch });

  // A node that is killed takes nothing with it.
  one.process.signal("SIGKILL");
  await one.process.ended();
  await other.api("publish", { channel: "a", data: 4 });
  expect(await second.next()).toEqual(pub("a", { data: 4, offset: 4 }));
}
