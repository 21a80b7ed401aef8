import { expect, setDefaultTimeout, test } from "bun:test";
import { Bystanders } from "../support/bystanders.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";
import { startTestServer } from "../support/server.ts";
import { describeSlow } from "../support/slow.ts";

setDefaultTimeout(testTimeout);

const bystanders = 50;

/** Milliseconds between two headers of a client that drips: what it does, not what the test waits for. */
const dripInterval = 1_000;

describeSlow("a handshake that does not end", () => {
  /** The deadline is the runtime's own, twelve seconds for a whole head (measured on Bun 1.4.5): the test takes as long. */
  test("[SE1] [T01] clients that never finish their request are cut off, and no connection is made for them", async () => {
    await using server = await startTestServer();
    using crowd = await Bystanders.join(server.ws, { count: bystanders });
    const open = () => RawClient.connect(server.url);
    const clients = await Promise.all(Array.from({ length: 120 }, open));
    const started = performance.now();
    const drips: Timer[] = [];
    await crowd.during(async () => {
      for (const [index, client] of clients.entries()) {
        if (index % 3 === 0) continue;
        client.write("GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        if (index % 3 === 1) continue;
        drips.push(setInterval(() => client.write("X-Drip: a\r\n"), dripInterval));
      }
      await Promise.all(clients.map((client) => client.ended()));
    });
    for (const drip of drips) clearInterval(drip);
    for (const client of clients) client[Symbol.dispose]();
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(await server.metric("chorus_connections_accepted_total")).toBe(bystanders);
    expect(await server.metric("chorus_errors_total")).toBe(0);
  });
});
