import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { CentClient } from "cent.js";
import { startServer } from "../../src/server.ts";
import { startApi } from "../support/api.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const open = { history_size: 10, history_ttl: "60s", presence: true };

async function start() {
  const server = await startServer({
    http_server: { port: 0 },
    http_api: { key: "sesame" },
    engine: { type: "memory" },
    push_log: { enabled: false },
    log: { level: "error" },
    channel: { without_namespace: open },
  });
  return { server, cent: new CentClient({ url: `${server.url}/api`, apiKey: "sesame" }) };
}

describe("cent.js, a back end's client of the API", () => {
  test("[AP51] publishes, broadcasts, reads and clears the history", async () => {
    const { server, cent } = await start();
    const first = await cent.publish({ channel: "news", data: { n: 1 } });
    expect(first.offset).toBe(1);
    const both = await cent.broadcast({ channels: ["news", "sport"], data: { n: 2 } });
    expect(both).toMatchObject({ responses: [{ result: { offset: 2 } }, { result: { offset: 1 } }] });
    const kept = await cent.getHistory({ channel: "news", limit: 10 });
    expect(kept.publications?.map((one) => one.data)).toEqual([{ n: 1 }, { n: 2 }]);
    expect<string | undefined>(kept.epoch).toBe(first.epoch);
    await cent.removeHistory({ channel: "news" });
    expect((await cent.getHistory({ channel: "news", limit: 10 })).publications).toEqual([]);
    await server.stop();
  });

  test("[AP51] sees who is there, and throws what the API refuses", async () => {
    const { server, cent } = await start();
    expect(await cent.getPresenceStats({ channel: "news" })).toEqual({ num_clients: 0, num_users: 0 });
    expect((await cent.getInfo()).nodes).toHaveLength(1);
    await cent.disconnect({ user: "nobody" });
    await expect(cent.publish({ channel: "nowhere:x", data: {} })).rejects.toThrow();
    await server.stop();
  });

  test("sends many calls as lines, and reads as many answers", async () => {
    const { server, cent } = await start();
    const publish = (n: number) => ({ method: "publish" as const, params: { channel: "news", data: { n } } });
    // biome-ignore lint/suspicious/noExplicitAny: its types name an enum that it does not export.
    const answers: any = await cent.pipeline([publish(1), publish(2)] as any);
    expect(answers.map((one: { offset: number }) => one.offset)).toEqual([1, 2]);
    await server.stop();
  });

  test("steers the connections of a user, and sees them come and go", async () => {
    await using api = await startApi();
    const cent = new CentClient({ url: `${api.url}/api`, apiKey: "apikey" });
    const ann = await api.centrifuge("ann");
    await cent.subscribe({ user: "ann", channel: "news" });
    expect(await ann.next()).toMatchObject({ push: { channel: "news", subscribe: {} } });
    const there = await cent.getPresence({ channel: "news" });
    expect(there).toEqual({ presence: { [ann.client]: { user: "ann", client: ann.client } } });
    expect(await cent.getPresenceStats({ channel: "news" })).toEqual({ num_clients: 1, num_users: 1 });
    expect(await cent.getChannels({ pattern: "n*" })).toEqual({ channels: { news: { num_clients: 1 } } });
    await cent.unsubscribe({ user: "ann", channel: "news" });
    expect(await ann.next()).toMatchObject({ push: { channel: "news", unsubscribe: { code: 2000 } } });
    expect(await cent.getChannels({ pattern: "" })).toEqual({ channels: {} });
    await cent.refresh({ user: "ann" });
    expect(await ann.next()).toEqual({ push: { refresh: {} } });
    await cent.disconnect({ user: "ann" });
    expect(await ann.closed()).toEqual({ code: 3503, reason: "force disconnect" });
  });
});
