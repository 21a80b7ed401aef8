import { expect, setDefaultTimeout, test } from "bun:test";
import { Bystanders } from "../support/bystanders.ts";
import { openHouse } from "../support/open-house.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { ChorusProcess } from "../support/process.ts";
import { RawClient } from "../support/raw.ts";
import { describeSlow } from "../support/slow.ts";

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

test("[SE63] open files are a metric beside the limit, and the log says once that few are left", async () => {
  const config = { ...openHouse, prometheus: { key: "metrics" } };
  await using server = await ChorusProcess.spawn({ config, openFiles });
  const url = await server.url();
  const metric = async (name: string) => {
    const text = await (await fetch(`${url}/metrics`, { headers: { Authorization: "Bearer metrics" } })).text();
    return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
  };
  expect(await metric("chorus_open_files_limit")).toBe(openFiles);
  const before = await metric("chorus_open_files");
  const open = () => RawClient.open(`${url.replace("http", "ws")}/ws`);
  const idle = await Promise.all(Array.from({ length: 10 }, open));
  expect(await metric("chorus_open_files")).toBeGreaterThanOrEqual(before + idle.length);
  const more = await Promise.all(Array.from({ length: openFiles }, () => RawClient.connect(url)));
  const line = await server.log.next("files.scarce");
  expect([Number(line["open"]) > openFiles * 0.95, line["limit"]]).toEqual([true, openFiles]);
  for (const client of [...idle, ...more]) client[Symbol.dispose]();
});

describeSlow("a limit of the runtime", () => {
  test("Bun accepts no connection while no file is left: a request waits until a silent one has gone", async () => {
    await using server = await ChorusProcess.spawn({ config: openHouse, openFiles });
    const url = await server.url();
    using inside = await new Probe(`${url.replace("http", "ws")}/echo`).open();
    // Bun gets them from the kernel about a second later, because they send nothing.
    const silent = await Promise.all(Array.from({ length: openFiles + 50 }, () => RawClient.connect(url)));
    await server.log.next("files.scarce");
    let isAnswered = false;
    const late = await RawClient.connect(url);
    const answer = late.request({ target: "/healthz" }).then((response) => {
      isAnswered = true;
      return response;
    });
    for (let turn = 0; turn < 20; turn += 1) {
      inside.send(String(turn));
      expect(await inside.next()).toBe(String(turn));
    }
    // Once this fails, the runtime keeps a file for accept: then the production guide need not warn of it.
    expect(isAnswered).toBe(false);
    for (const client of silent) client[Symbol.dispose]();
    expect(await answer).toMatchObject({ status: 200 });
    late[Symbol.dispose]();
  });
});
