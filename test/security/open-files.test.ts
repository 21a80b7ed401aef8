import { expect, setDefaultTimeout, test } from "bun:test";
import { Bystanders } from "../support/bystanders.ts";
import { openHouse } from "../support/open-house.ts";
import { testTimeout } from "../support/patience.ts";
import { ChorusProcess } from "../support/process.ts";
import { RawClient } from "../support/raw.ts";

setDefaultTimeout(testTimeout);

const openFiles = 260;

/** What the server keeps for itself of the files that it may open. */
const reserved = 200;

const bystanders = 20;

test("[SE27] [F25] [T10] connections beyond the open files get 503, and the log says the limit at the start", async () => {
  await using server = await ChorusProcess.spawn({ config: openHouse, openFiles });
  const url = await server.url();
  expect(await server.log.next("connections.limited")).toMatchObject({ limit: openFiles - reserved });
  using crowd = await Bystanders.join(url.replace("http", "ws"), { count: bystanders });
  await crowd.during(async () => {
    const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(url)));
    const answers = await Promise.all(clients.map((client) => client.request()));
    const statuses = Map.groupBy(answers, ({ status }) => status);
    expect(statuses.get(101)).toHaveLength(openFiles - reserved - bystanders);
    expect(statuses.get(503)).toHaveLength(50 - (openFiles - reserved - bystanders));
    for (const client of clients) client[Symbol.dispose]();
  });
});

test("[SE27] [F25] a server without a single file left serves those who are in, and takes new ones when it can", async () => {
  await using server = await ChorusProcess.spawn({ config: openHouse, openFiles });
  const url = await server.url();
  using crowd = await Bystanders.join(url.replace("http", "ws"), { count: bystanders });
  await crowd.during(async () => {
    // More than there are files: the kernel finishes these connections by itself, and the server cannot accept them all.
    const idle = await Promise.all(Array.from({ length: openFiles + 100 }, () => RawClient.connect(url)));
    expect(await idle[0]?.request({ target: "/healthz" })).toMatchObject({ status: 200 });
    for (const client of idle) client[Symbol.dispose]();
    using next = await RawClient.open(`${url.replace("http", "ws")}/ws`);
    next.sendClose(1000);
    expect(await next.closed()).toEqual({ code: 1000, reason: "" });
  });
  expect(server.isAlive).toBe(true);
});
