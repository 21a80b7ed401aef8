import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pub } from "../support/centrifuge-probe.ts";
import { patience, testTimeout } from "../support/patience.ts";
import { ChorusProcess } from "../support/process.ts";
import { metricsKey, scrape } from "../support/scrape.ts";
import { describeSlow } from "../support/slow.ts";
import { configOf, ProcessNode } from "./node.ts";

setDefaultTimeout(testTimeout);

/** Waits until something holds. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`It does not come to this: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describeSlow("the workers of a node", () => {
  test("[MP2] a worker that is killed is replaced; clients of the others lose nothing, and its own recover", async () => {
    await using node = await ProcessNode.start({ prometheus: { key: metricsKey } });
    const clients = await node.connectMany();
    const accepted = `chorus_connections_accepted_total ${clients.length}`;
    const joined = await Promise.all(clients.map((client) => client.subscribe("a")));
    const epoch = String(joined[0]?.["epoch"]);
    await node.api("publish", { channel: "a", data: 1 });
    for (const client of clients) expect(await client.next()).toMatchObject(pub("a", { data: 1 }));
    expect((await scrape(node.url)).split("\n")).toContain(accepted);
    process.kill(node.workers.get(1) ?? 0, "SIGKILL");
    expect(await node.process.log.next("worker.ended")).toMatchObject({ worker: 1, signal: "SIGKILL", level: "error" });
    expect(await node.nextWorker()).toMatchObject({ worker: 1 });
    // What a worker had counted stays.
    expect((await scrape(node.url)).split("\n")).toContain(accepted);
    await node.api("publish", { channel: "a", data: 2 });
    const heard = await Promise.all(clients.map((client) => client.next()));
    const lost = heard.filter((each) => "closed" in each);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(clients.length);
    for (const each of heard) if (!("closed" in each)) expect(each).toMatchObject(pub("a", { data: 2, offset: 2 }));
    using back = await node.connect();
    const recovered = await back.subscribe("a", { recover: true, offset: 1, epoch });
    expect(recovered).toMatchObject({ recovered: true, publications: [{ data: 2, offset: 2 }] });
  });

  test("[MP2] workers that end at once again and again are started later and later", async () => {
    await using node = await ProcessNode.start();
    const delays: number[] = [];
    for (let n = 0; n < 4; n++) {
      process.kill(node.workers.get(2) ?? 0, "SIGKILL");
      const ended = await node.process.log.next("worker.ended");
      await node.nextWorker();
      const started = node.process.log.lines.findLast((line) => line["event"] === "worker.started");
      delays.push(Date.parse(String(started?.["time"])) - Date.parse(String(ended["time"])));
    }
    expect(delays[3]).toBeGreaterThanOrEqual(1_600);
  });

  test("[MP2] a worker is replaced also where it could not be started at first, and where the folder of its socket is gone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "chorus-runtime-"));
    await using node = await ProcessNode.start({}, {}, { TMPDIR: folder });
    const limitFiles = (soft: string) =>
      Bun.spawnSync(["prlimit", `--nofile=${soft}:`, "--pid", `${node.process.pid}`]);
    const { stdout } = Bun.spawnSync([
      "prlimit",
      "--nofile",
      "-o",
      "SOFT",
      "--noheadings",
      "--pid",
      `${node.process.pid}`,
    ]);
    limitFiles("5");
    process.kill(node.workers.get(1) ?? 0, "SIGKILL");
    expect(await node.process.log.next("worker.ended")).toMatchObject({ signal: "SIGKILL" });
    expect(await node.process.log.next("worker.ended")).toMatchObject({ error: expect.stringContaining("EMFILE") });
    await rm(folder, { recursive: true });
    await mkdir(folder);
    limitFiles(stdout.toString().trim());
    expect(await node.nextWorker()).toMatchObject({ worker: 1 });
    node.process.signal("SIGTERM");
    const { code, stderr } = await node.process.ended();
    expect([code, stderr.filter((line) => !line.startsWith("{"))]).toEqual([0, []]);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  test("[MP3] a worker that hangs is killed within seven seconds and replaced", async () => {
    await using node = await ProcessNode.start();
    const startedAt = performance.now();
    process.kill(node.workers.get(1) ?? 0, "SIGSTOP");
    expect(await node.process.log.next("worker.silent")).toMatchObject({ worker: 1 });
    expect(performance.now() - startedAt).toBeLessThan(7_000);
    expect(await node.nextWorker()).toMatchObject({ worker: 1 });
  });

  test("[MP4] a parent that is killed takes its workers with it", async () => {
    await using node = await ProcessNode.start();
    const clients = await node.connectMany();
    node.process.signal("SIGKILL");
    for (const client of clients) await client.closed();
    for (const pid of node.workers.values()) await until("the workers have ended", () => !isAlive(pid));
  });

  test("[MP5] while the parent hangs publishes are error 100 in time and the node is not ready; then it goes on", async () => {
    await using node = await ProcessNode.start();
    using client = await node.connect();
    await client.subscribe("a");
    process.kill(node.process.pid, "SIGSTOP");
    const startedAt = performance.now();
    expect(await node.api("publish", { channel: "a", data: 1 })).toMatchObject({ error: { code: 100 } });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    const readiness = async () => (await fetch(`${node.url}/readyz`, { keepalive: false })).status;
    await until("the node is not ready", async () => (await readiness()) === 503);
    process.kill(node.process.pid, "SIGCONT");
    await until("the node is ready", async () => (await readiness()) === 200);
    await node.api("publish", { channel: "a", data: 2 });
    // The first was executed all the same: error 100 says that it is unknown.
    expect(await client.take(2)).toMatchObject([pub("a", { data: 1, offset: 1 }), pub("a", { data: 2, offset: 2 })]);
    expect(node.process.log.lines.filter((line) => line["event"] === "worker.silent")).toEqual([]);
  });

  test("[MP7] another server is refused the port of a node whose workers share it", async () => {
    await using node = await ProcessNode.start();
    const port = Number(new URL(node.url).port);
    for (const processes of [1, 2]) {
      const config = configOf({ http_server: { port }, node: { processes } });
      expect(await ChorusProcess.run({ config })).toMatchObject({ code: 1 });
    }
  });
});
