import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ApplicationOptions } from "chorus";
import { createClient } from "chorus/client";
import { news } from "../../examples/mounting/application.ts";
import { serveWithBun } from "../../examples/mounting/bun.ts";
import { serveWithElysia } from "../../examples/mounting/elysia.ts";
import { serveWithHono } from "../../examples/mounting/hono.ts";
import { StockClient } from "../conformance/stock/stock-client.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

type Serve = (port: number, options: ApplicationOptions) => ReturnType<typeof serveWithBun>;

describe.each<[string, Serve]>([
  ["a plain Bun.serve", serveWithBun],
  ["Hono", serveWithHono],
  ["Elysia", serveWithElysia],
])("inside of %s", (_, serve) => {
  let mounted: Awaited<ReturnType<Serve>>;
  let origin: string;
  beforeAll(async () => {
    mounted = await serve(0, { log: new CapturedLog().log });
    origin = `127.0.0.1:${mounted.server.port}`;
  });
  afterAll(async () => {
    await mounted?.realtime.stop();
    await mounted?.server.stop(true);
  });

  test("[MO1] the application's own paths stay its own, and Chorus answers below its path", async () => {
    expect(await (await fetch(`http://${origin}/`)).text()).toStartWith("a page of");
    expect(await (await fetch(`http://${origin}/healthz`)).text()).not.toBe("ok\n");
    expect(await (await fetch(`http://${origin}/realtime/healthz`)).text()).toBe("ok\n");
  });

  test("[MO2] sockets of the application go on working beside those of Chorus", async () => {
    const own = new WebSocket(`ws://${origin}/echo`);
    const echoed = new Promise((resolve) => own.addEventListener("message", ({ data }) => resolve(data)));
    own.addEventListener("open", () => own.send("hello"));
    expect(await echoed).toBe("hello");
    own.close();
  });

  test("[MO3] a stock client connects, subscribes and calls", async () => {
    using stock = new StockClient(`ws://${origin}/realtime`);
    const client = createClient(news, stock.api);
    expect(await client.call("add", [1, 2, 3])).toEqual({ ok: true, value: 6 });
    const channel = client.channel("news");
    const heard = new Promise((resolve) => channel.on("publication", ({ data }) => resolve(data)));
    expect(await channel.subscribe()).toMatchObject({ ok: true });
    await mounted.realtime.channel("news").publish({ text: "hello" });
    expect(await heard).toEqual({ text: "hello" });
  });

  test("[MO4] origins are checked as with a listener of its own", async () => {
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      Origin: "http://elsewhere.example",
    };
    const response = await fetch(`http://${origin}/realtime/connection/websocket`, { headers });
    expect(response.status).toBe(403);
  });
});
