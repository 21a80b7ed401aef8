import { expect, setDefaultTimeout, test } from "bun:test";
import { transports } from "../support/carriers.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import type { Json, JsonObject } from "../support/json.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const enabled = { sse: { enabled: true }, http_stream: { enabled: true } } as const;

const dataOf = (publications: Json) => (publications as readonly JsonObject[]).map(({ data }) => data);

test("[ST3] a client that comes back over another transport recovers what it missed, over each after each", async () => {
  await using server = await startOpenServer(enabled);
  // WebSocket, each other transport and WebSocket again; and the others one after the other.
  const order = transports.slice(1).flatMap((transport) => ["websocket" as const, transport]);
  order.push(...transports, "websocket");
  let place: JsonObject = {};
  let published = 0;
  let missed: number[] = [];
  const publish = async (count: number) => {
    const numbers = Array.from({ length: count }, (_, index) => published + index + 1);
    published += count;
    for (const number of numbers) await server.api.publish("news", number);
    return numbers;
  };
  for (const transport of order) {
    using client = await CentrifugeProbe.open(server.ws, { transport });
    const subscribe = { channel: "news", ...place };
    client.send(client.command("connect"), client.command("subscribe", subscribe));
    const [, reply] = await client.take(2);
    const result = (reply as { subscribe: JsonObject }).subscribe;
    const isFirst = missed.length === 0;
    expect([result["recovered"] ?? false, dataOf(result["publications"] ?? [])]).toEqual([!isFirst, missed]);
    const live = await publish(2);
    const pushes = (await client.take(2)) as { push: { pub: JsonObject } }[];
    expect(pushes.map(({ push }) => push.pub["data"])).toEqual(live);
    const epoch = String(result["epoch"]);
    place = { recover: true, offset: Number(pushes.at(-1)?.push.pub["offset"]), epoch };
    missed = await publish(3);
  }
});
