import { expect, setDefaultTimeout, test } from "bun:test";
import { Operator } from "../console/operator.ts";
import { testTimeout } from "../support/patience.ts";
import { describeSlow } from "../support/slow.ts";
import { ProcessNode } from "./node.ts";

setDefaultTimeout(testTimeout);

const key = "the-key-of-the-console";

describeSlow("the console of a node of several processes", () => {
  test("[MP15] the console of any worker shows the node, finds connections of all workers, and ends them", async () => {
    await using node = await ProcessNode.start({ console: { enabled: true, key } });
    const clients = await node.connectMany();
    const ids = clients.map(({ client }) => client).toSorted();
    using operator = await Operator.connect(node.url, key);
    const overview = operator.follow("overview");
    const sample = await overview.next(({ connections }) => connections === clients.length);
    expect(sample.states).toEqual({ "authenticated.ready": clients.length });
    const { connections, isWhole } = await operator.call("search", { by: "user", text: "" });
    expect(isWhole).toBe(true);
    expect(connections.map(({ id }: { id: string }) => id).toSorted()).toEqual(ids);
    for (const client of clients) {
      const watched = operator.follow(`connection:${client.client}`);
      const { connection } = await watched.next((update) => update.connection !== undefined);
      expect(connection).toMatchObject({ id: client.client, state: "authenticated.ready" });
      await watched.leave();
      expect(await operator.call("disconnect", { connection: client.client })).toEqual({});
      expect(await client.closed()).toMatchObject({ code: 3_503 });
    }
  });
});
