import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createClient } from "chorus/client";
import { metrics, type Sample } from "../../examples/dashboard/contract.ts";
import { createDashboard } from "../../examples/dashboard/server.ts";
import { StockClient } from "../conformance/stock/stock-client.ts";
import { Inbox } from "../support/inbox.ts";
import { testTimeout } from "../support/patience.ts";
import { type RunningTestApp, startApp } from "./support.ts";

setDefaultTimeout(testTimeout);

/** What is watched, and what becomes of it; samples come when the test gives them. */
class Hosts {
  readonly events = new Inbox<string>("watched hosts", (line) => line);
  readonly #samples = new Map<string, Inbox<typeof Sample.infer>>();

  give(host: string, cpu: number): void {
    this.#of(host).push({ cpu, requests: 1, at: new Date(0).toISOString() });
  }

  readonly watch = async function* (this: Hosts, region: string, host: string, signal: AbortSignal) {
    this.events.push(`${region}/${host} watched`);
    const ended = Promise.withResolvers<null>();
    signal.addEventListener("abort", () => ended.resolve(null));
    for (;;) {
      const sample = await Promise.race([this.#of(host).next(), ended.promise]);
      if (sample === null) break;
      yield sample;
    }
    this.events.push(`${region}/${host} left`);
  }.bind(this);

  #of(host: string): Inbox<typeof Sample.infer> {
    const known = this.#samples.get(host) ?? new Inbox(`samples of ${host}`, (sample) => String(sample.cpu));
    this.#samples.set(host, known);
    return known;
  }
}

describe("the dashboard", () => {
  const hosts = new Hosts();
  let app: RunningTestApp<(typeof metrics)["schemas"], unknown>;
  beforeAll(async () => {
    app = await startApp(createDashboard(hosts.watch));
  });
  afterAll(() => app?.stop());

  const clientOf = () => {
    const stock = new StockClient(app.ws);
    return Object.assign(createClient(metrics, stock.api), { [Symbol.dispose]: () => stock[Symbol.dispose]() });
  };

  test("[LC1] a host is watched while its channel has a subscriber, and who comes later has the latest sample", async () => {
    using first = clientOf();
    using second = clientOf();
    const params = { region: "eu", host: "a" };
    const heard = new Inbox<number>("first", String);
    first.channel("host", params).on("publication", ({ data }) => heard.push(data.cpu));
    await first.channel("host", params).subscribe();
    expect(await hosts.events.next()).toBe("eu/a watched");
    hosts.give("a", 0.5);
    expect(await heard.next()).toBe(0.5);
    const late = new Inbox<number>("second", String);
    second.channel("host", params).on("publication", ({ data }) => late.push(data.cpu));
    await second.channel("host", params).subscribe();
    expect(await late.next()).toBe(0.5);
    first.channel("host", params).unsubscribe();
    hosts.give("a", 0.6);
    expect(await late.next()).toBe(0.6);
    second.channel("host", params).unsubscribe();
    expect(await hosts.events.next()).toBe("eu/a left");
  });

  test("[SV1] on the server a channel is a loop over its publications, in order, and from a position on", async () => {
    const alerts = app.server.channel("alerts");
    const texts: string[] = [];
    const position = await alerts.publish({ text: "zero" });
    for (let n = 1; n <= 3; n += 1) await alerts.publish({ text: String(n) });
    for await (const { data, offset } of alerts.subscribe({ since: position })) {
      texts.push(data.text);
      if (offset === position.offset + 2) await alerts.publish({ text: "live" });
      if (data.text === "live") break;
    }
    expect(texts).toEqual(["1", "2", "3", "live"]);
    expect((await alerts.history({ limit: 1, reverse: true })).publications).toMatchObject([
      { data: { text: "live" } },
    ]);
  });

  test("[SV2] a loop that cannot follow ends with an error: an unknown position, a full buffer", async () => {
    const alerts = app.server.channel("alerts");
    const position = await alerts.publish({ text: "here" });
    const elsewhere = alerts.subscribe({ since: { offset: position.offset, epoch: "elsewhere" } });
    expect(elsewhere[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 112 });
    const before = { ...position, offset: position.offset - 1 };
    const slow = async () => {
      for await (const _ of alerts.subscribe({ since: before, buffer: 2 })) {
        for (let n = 0; n < 4; n += 1) await alerts.publish({ text: "more" });
      }
    };
    expect(slow()).rejects.toThrow("more than 2 publications waited for the loop");
  });

  test("[SV3] what an application publishes has to be what its contract says, and what JSON can hold", async () => {
    const host = app.server.channel("host", { region: "eu", host: "b" });
    const wrong = host.publish({ cpu: "high", requests: 1, at: new Date(0).toISOString() } as never);
    expect(wrong).rejects.toThrow('metrics:eu:b: the contract\'s schema refuses it at "cpu"');
    expect(() => app.server.channel("host", { region: "e:u", host: "b" })).toThrow("contains a colon");
  });
});
