import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../broker/remote/fault-runs.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { testTimeout } from "../support/patience.ts";
import { describeSlow } from "../support/slow.ts";
import { configOf, ProcessNode } from "./node.ts";

setDefaultTimeout(testTimeout);

/** Clients that connect, say something and leave, one after the other, until they are stopped. */
class Callers {
  connected = 0;
  readonly refused: unknown[] = [];
  #isStopped = false;
  readonly #all: readonly Promise<void>[];

  constructor(url: string, count: number) {
    this.#all = Array.from({ length: count }, () => this.#call(url.replace("http", "ws")));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#all);
  }

  async #call(url: string): Promise<void> {
    while (!this.#isStopped) {
      try {
        const client = await CentrifugeProbe.connect(url);
        this.connected += 1;
        await client.close();
      } catch (error) {
        this.refused.push(error);
      }
    }
  }
}

describeSlow("SIGHUP to a node of several processes", () => {
  test("[MP6] workers are replaced one after the other: every option takes effect, and no new connection is refused", async () => {
    await using node = await ProcessNode.start();
    const former = new Map(node.workers);
    const clients = await node.connectMany();
    const callers = new Callers(node.url, 4);
    await node.process.configure(configOf({ client: { insecure: true, channel_limit: 1 }, http_server: { port: 1 } }));
    node.process.signal("SIGHUP");
    expect(await node.process.log.next("reload.refused")).toMatchObject({ option: "http_server.port" });
    for (const _ of former) await node.nextWorker();
    await node.process.log.next("config.reloaded");
    for (const client of clients) expect(await client.closed()).toMatchObject({ code: 3_001 });
    await callers.stop();
    expect(callers.refused).toEqual([]);
    expect(callers.connected).toBeGreaterThan(100);
    for (const [number, pid] of node.workers) expect(pid).not.toBe(former.get(number) ?? 0);
    for (const client of await node.connectMany()) {
      await client.subscribe("a");
      expect(await client.ask("subscribe", { channel: "b" })).toMatchObject({ error: { code: 106 } });
    }
  });

  test("[MP6] a configuration with a mistake keeps the old one and its workers, with a line of the log", async () => {
    await using node = await ProcessNode.start();
    using client = await node.connect();
    await node.process.configure("{ this is no JSON");
    node.process.signal("SIGHUP");
    expect(await node.process.log.next("reload.failed")).toMatchObject({ level: "error" });
    await client.fence();
    await node.process.configure(configOf({ client: { channel_limit: "many" } }));
    node.process.signal("SIGHUP");
    expect(await node.process.log.next("reload.failed")).toMatchObject({ level: "error" });
    await client.fence();
  });

  test("[MP6] where no worker can be started, those that there are go on, also with the next configuration", async () => {
    const folder = await mkdtemp(join(tmpdir(), "chorus-runtime-"));
    await using node = await ProcessNode.start({}, {}, { TMPDIR: folder });
    const clients = await node.connectMany();
    await rm(folder, { recursive: true });
    await node.process.configure(configOf({ client: { insecure: true, channel_limit: 1 } }));
    node.process.signal("SIGHUP");
    expect(await node.process.log.next("worker.ended")).toMatchObject({ error: expect.stringContaining("ENOENT") });
    expect(await node.process.log.next("reload.failed")).toMatchObject({ level: "error" });
    for (const client of clients) await client.fence();
    await mkdir(folder);
    node.process.signal("SIGHUP");
    await node.process.log.next("config.reloaded");
    for (const client of clients) expect(await client.closed()).toMatchObject({ code: 3_001 });
    await rm(folder, { recursive: true });
  });

  test("[MP6] where a worker ends before it listens, only those that were replaced are replaced again, with the configuration before", async () => {
    await using node = await ProcessNode.start();
    const former = new Map(node.workers);
    await node.process.configure(configOf({ client: { insecure: true, channel_limit: 1 } }));
    node.process.signal("SIGHUP");
    const { pid: first } = await node.nextWorker();
    await until("the second one is being started", () => newcomerOf(node, [...former.values(), first]) !== undefined);
    process.kill(newcomerOf(node, [...former.values(), first]) ?? 0, "SIGKILL");
    expect(await node.process.log.next("reload.failed")).toMatchObject({ level: "error" });
    const { worker, pid } = await node.nextWorker();
    expect(worker).toBe(1);
    const left = [pid, former.get(2) ?? 0].toSorted().join();
    await until(
      "the new first and the former second worker are left",
      () => childrenOf(node).toSorted().join() === left,
    );
    for (const client of await node.connectMany()) {
      await client.subscribe("a");
      await client.subscribe("b");
    }
  });
});

/** The processes that a node has started and that run. */
function childrenOf({ process: { pid } }: ProcessNode): readonly number[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  return pids.map(Number);
}

function newcomerOf(node: ProcessNode, known: readonly number[]): number | undefined {
  return childrenOf(node).find((pid) => !known.includes(pid));
}
