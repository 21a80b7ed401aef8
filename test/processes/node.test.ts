import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { pub } from "../support/centrifuge-probe.ts";
import { testTimeout } from "../support/patience.ts";
import { metricsKey, scrape } from "../support/scrape.ts";
import { ProcessNode } from "./node.ts";

setDefaultTimeout(testTimeout);

describe("a node of two processes", () => {
  test("[MP1] a publication at one worker reaches the subscribers of both, once and in order", async () => {
    await using node = await ProcessNode.start({ engine: { type: "memory" }, prometheus: { key: metricsKey } });
    const clients = await node.connectMany();
    for (const client of clients) await client.subscribe("a");
    for (const data of [1, 2, 3]) await node.api("publish", { channel: "a", data });
    for (const client of clients) {
      expect(await client.take(3)).toMatchObject([1, 2, 3].map((data) => pub("a", { data, offset: data })));
    }
    const metrics = (await scrape(node.url)).split("\n");
    expect(metrics).toContain(`chorus_sockets ${clients.length}`);
    expect(metrics).toContain('chorus_publishes_total{source="api",outcome="accepted"} 3');
    for (const worker of [1, 2]) expect(metrics).toContain(`chorus_engine_up{worker="${worker}"} 1`);
    node.process.signal("SIGTERM");
    for (const client of clients) expect(await client.closed()).toMatchObject({ code: 3_001 });
    expect(await node.process.ended()).toMatchObject({ code: 0 });
  });
});
