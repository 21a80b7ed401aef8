import { describe, expect, test } from "bun:test";
import { startApi } from "../support/api.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";

describe("the log of commands", () => {
  test("[OP1] tells refusals at info, with code, channel and user, and connections and commands at debug", async () => {
    await using api = await startApi({ channel: { namespaces: [{ name: "quiet" }] } });
    const client = await api.centrifuge("ann");
    await client.ask("subscribe", { channel: "quiet:a" });
    const refused = { level: "info", code: 103, type: "client.subscribe", channel: "quiet:a", user: "ann" };
    expect(await api.log.next("command.refused")).toMatchObject(refused);
    await client.ask("history", { channel: "unknown:a" });
    expect(await api.log.next("command.refused")).toMatchObject({ code: 102, channel: "unknown:a", user: "ann" });
    await client.ask("publish", { channel: "quiet:a", data: 1 });
    expect(await api.log.next("command.refused")).toMatchObject({
      code: 103,
      type: "client.publish",
      channel: "quiet:a",
    });
    const trace = { level: "debug", user: "ann", channel: "quiet:a" };
    expect(await api.log.next("command.received", { type: "client.subscribe" })).toMatchObject(trace);
    expect(await api.log.next("command.received", { type: "client.publish" })).toMatchObject(trace);
    expect(await api.log.next("connection.authenticated")).toMatchObject({ level: "debug" });
    await client.close();
    expect(await api.log.next("connection.closed")).toMatchObject({ level: "debug" });
  });

  test("[OP1] tells of a refused token of a subscription which channel it was for", async () => {
    await using api = await startApi();
    const client = await CentrifugeProbe.connect(api.ws);
    await client.ask("subscribe", { channel: "news", token: "none" });
    expect(await api.log.next("command.refused")).toMatchObject({ channel: "news", code: 103 });
  });

  test("[OP2] tells of at most ten refusals of a code at once, and counts the others", async () => {
    await using api = await startApi({ channel: { namespaces: [{ name: "quiet" }] } });
    const client = await api.centrifuge("ann");
    for (let index = 0; index < 50; index += 1) await client.ask("subscribe", { channel: `quiet:${index}` });
    expect(api.log.count("command.refused")).toBeLessThan(25);
    expect(api.log.count("command.refused")).toBeGreaterThanOrEqual(10);
    expect(await api.metric('chorus_command_errors_total{code="103"}')).toBe(50);
  });
});
