import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Broker } from "../../src/broker/broker.ts";
import { errors } from "../../src/core/errors.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { faultyBroker, faultyChannel, forwardedBroker } from "../support/faulty-broker.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";

setDefaultTimeout(testTimeout);

const internal = { error: { code: 100, message: "internal server error", temporary: true } };
const apiKey = { "X-API-Key": "apikey" };

/** The real broker, which refuses the texts "limit" and "failed" with the errors that are called so. */
function refusingBroker(broker: Broker): Broker {
  return {
    ...forwardedBroker(broker),
    publish(draft, done) {
      const text = draft.data.kind === "text" ? draft.data.text : "";
      if (text === "limit") done?.({ ok: false, error: errors.limitExceeded });
      else if (text === "failed") done?.({ ok: false, error: errors.internal });
      else broker.publish(draft, done);
    },
  };
}

describe("the actor that routes publications", () => {
  test("counts publications by source and outcome", async () => {
    await using server = await startOpenServer({}, { replace: { broker: faultyBroker("publish") } });
    const publish = (channel: string) =>
      fetch(`${server.url}/api/publish`, {
        method: "POST",
        headers: apiKey,
        body: JSON.stringify({ channel, data: 1 }),
      }).then((response) => response.json());
    using centrifuge = await CentrifugeProbe.connect(server.ws);
    using plain = await new Probe(`${server.ws}/ws?channel=a`).open();
    await centrifuge.subscribe("a");
    plain.send("from a plain client");
    await centrifuge.take(1);
    expect(await centrifuge.ask("publish", { channel: "b", data: 1 })).toMatchObject({ publish: {} });
    expect(await centrifuge.ask("publish", { channel: faultyChannel, data: 1 })).toMatchObject(internal);
    expect(await publish("a")).toHaveProperty("result");
    expect(await publish(faultyChannel)).toMatchObject({ error: { code: 100 } });
    expect(await server.api.publish("a", 1)).toHaveProperty("offset");
    await expect(server.api.publish(faultyChannel, 1)).rejects.toMatchObject({ code: 100 });
    expect(server.node.counters.publishes).toEqual({
      client: { accepted: 2, refused: 0, failed: 1 },
      api: { accepted: 1, refused: 0, failed: 1 },
      server: { accepted: 1, refused: 0, failed: 1 },
      hook: { accepted: 0, refused: 0, failed: 0 },
    });
    expect(await server.metric('chorus_publishes_total{source="api",outcome="failed"}')).toBe(1);
  });

  test("[SU84] a plain client whose publish the broker or a bound refuses stays; it is counted by its reason and logged once", async () => {
    await using server = await startOpenServer({}, { replace: { broker: refusingBroker } });
    using plain = await new Probe(`${server.ws}/ws?channel=a`).open();
    using other = await new Probe(`${server.ws}/ws?channel=a`).open();
    for (const frame of ["limit", "limit", "limit", "failed", "taken"]) plain.send(frame);
    expect(await other.nextText()).toBe("taken");
    expect(Object.fromEntries(server.node.counters.dropped)).toEqual({ limit: 3, failed: 1 });
    const lines = server.log.lines.filter(({ event }) => event === "publish.dropped");
    expect(lines).toMatchObject([{ level: "info", reason: "limit", code: 106, count: 1 }]);
    other.send("still there");
    expect(await plain.nextText()).toBe("still there");
  });

  test.each(["publish", "join", "history"] as const)(
    "a broker whose %s throws answers error 100, is counted, and logged once a minute",
    async (operation) => {
      const clock = new ManualClock();
      await using server = await startOpenServer({}, { clock, replace: { broker: faultyBroker(operation) } });
      const command = {
        publish: { publish: { channel: faultyChannel, data: 1 } },
        join: { subscribe: { channel: faultyChannel } },
        history: { history: { channel: faultyChannel, limit: 1 } },
      }[operation];
      const [[method, params] = ["", {}]] = Object.entries(command);
      using probe = await CentrifugeProbe.connect(server.ws);
      if (operation === "history") await probe.subscribe(faultyChannel);
      for (let call = 0; call < 3; call += 1) expect(await probe.ask(method, params)).toMatchObject(internal);
      const lines = () => server.log.lines.filter(({ event }) => event === "broker.failed");
      expect(lines()).toMatchObject([{ level: "error", operation, error: "Error: injected", count: 1 }]);
      clock.advance(60_000);
      expect(await probe.ask(method, params)).toMatchObject(internal);
      expect(lines()[1]).toMatchObject({ operation, count: 4 });
      expect(await server.metric(`chorus_broker_failures_total{operation="${operation}"}`)).toBe(4);
      expect(server.node.counters.crashes).toBe(0);
    },
  );
});
