import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { startApi } from "../support/api.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";

setDefaultTimeout(testTimeout);

const error = { code: 107, message: "bad request" };

const names: [kind: string, name: string][] = [
  ["over channel.max_length", "é".repeat(17)],
  ["over channel.max_length, of an unknown namespace", `nope:${"x".repeat(28)}`],
  ["with a lone surrogate", "a\ud800"],
  ["with a lone surrogate in another case", "\udc00"],
];

describe.each(names)("a name %s", (_, channel) => {
  const config = { channel: { max_length: 32 } };

  test("[CH9] is error 107 to each command of a client, which stays", async () => {
    await using server = await startApi(config);
    using probe = await CentrifugeProbe.connect(server.ws);
    const commands = { subscribe: {}, publish: { data: 1 }, presence: {}, presence_stats: {}, history: { limit: 1 } };
    for (const [method, fields] of Object.entries(commands)) {
      expect(await probe.ask(method, { channel, ...fields })).toMatchObject({ error });
    }
    await probe.subscribe("a");
    expect(server.node.subscribers.size).toBe(1);
  });

  test("[CH9] is error 107 to a connect that names it, or whose token does", async () => {
    await using server = await startApi(config);
    for (const request of [{ subs: { [channel]: {} } }, { token: tokenFor({ channels: [channel] }) }]) {
      using probe = await CentrifugeProbe.open(server.ws);
      expect(await probe.ask("connect", request)).toMatchObject({ error });
    }
    using plain = await new Probe(`${server.ws}/ws?token=${tokenFor({ channels: [channel] })}`).open();
    expect(await plain.closed()).toMatchObject({ code: 3501 });
  });

  test("[CH9] closes a plain client that is opened for it, and a connect whose user's own channel it is", async () => {
    const personal = { subscribe_to_user_personal_channel: { enabled: true } };
    await using server = await startApi({ ...config, client: personal });
    // A lone surrogate cannot be written in an address: it arrives as the replacement character, which is no fault.
    if (channel.isWellFormed()) {
      using plain = await new Probe(
        `${server.ws}/ws?channel=${encodeURIComponent(channel)}&token=${tokenFor({})}`,
      ).open();
      expect(await plain.closed()).toMatchObject({ code: 3501 });
      using probe = await CentrifugeProbe.open(server.ws);
      expect(await probe.ask("connect", { token: tokenFor({ sub: channel }) })).toMatchObject({ error });
    }
  });

  test("[CH9] is error 107 to each method of the API", async () => {
    await using server = await startApi(config);
    const calls = { publish: { data: 1 }, subscribe: { user: "ann" }, unsubscribe: { user: "ann" }, presence: {} };
    const reads = { presence_stats: {}, history: {}, history_remove: {} };
    for (const [method, fields] of Object.entries({ ...calls, ...reads })) {
      expect((await server.call(method, { channel, ...fields })).json).toEqual({ error });
    }
    const { json } = await server.call("broadcast", { channels: [channel, "a"], data: 1 });
    expect(json.result.responses[0]).toEqual({ error });
  });
});

test("keys and version epochs with a lone surrogate are error 107; version epochs of any length are compared", async () => {
  await using server = await startApi();
  const publish = async (fields: object) => (await server.call("publish", { channel: "a", data: 1, ...fields })).json;
  expect(await publish({ idempotency_key: "\ud800" })).toMatchObject({ error });
  expect(await publish({ version: 1, version_epoch: "\ud800" })).toMatchObject({ error });
  const [first, second] = ["1", "2"].map((end) => "x".repeat(10_000) + end);
  expect(await publish({ version: 1, version_epoch: first })).toMatchObject({ result: { offset: 1 } });
  expect(await publish({ version: 1, version_epoch: first })).toMatchObject({ result: { offset: 1 } });
  expect(await publish({ version: 1, version_epoch: second })).toMatchObject({ result: { offset: 2 } });
});
