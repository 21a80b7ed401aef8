import { slotCount } from "../../src/broker/redis/cluster/slots.ts";
import type { RedisOptions } from "../../src/broker/redis/options.ts";
import { patience } from "./patience.ts";
import { freePort, TestRedis } from "./redis.ts";

/** A cluster of real servers on the loopback: three masters, each with as many replicas. */
export class TestRedisCluster implements AsyncDisposable {
  readonly servers: readonly TestRedis[];

  private constructor(servers: readonly TestRedis[]) {
    this.servers = servers;
  }

  /** Starts it; ready when each server knows a master for every slot. */
  static async start({ replicas = 0 } = {}): Promise<TestRedisCluster> {
    const count = 3 * (1 + replicas);
    const servers = await Promise.all(Array.from({ length: count }, () => TestRedis.start(args(), clusterPort())));
    const cluster = new TestRedisCluster(servers);
    try {
      await cluster.#create(count, replicas);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  async #create(count: number, replicas: number): Promise<void> {
    const { servers } = this;
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
    const create = ["--cluster", "create", ...addresses, "--cluster-replicas", String(replicas), "--cluster-yes"];
    const { exitCode, stdout, stderr } = Bun.spawnSync(["redis-cli", ...create]);
    if (exitCode !== 0) throw new Error(`redis-cli --cluster create: ${stdout}${stderr}`);
    await this.#until("every server knows the cluster", () => servers.every((server) => isWhole(server, count)));
    await this.#until("replicas have what their masters have", () => servers.every((server) => server.isInSync));
  }

  /** What an engine is told to find it. */
  options(more: Partial<RedisOptions> = {}): RedisOptions {
    const servers = this.servers.map(({ port }) => ({ host: "127.0.0.1", port }));
    const [first] = this.servers;
    if (!first) throw new Error("The cluster has no server.");
    return first.options(0, { at: { kind: "cluster", servers }, ...more });
  }

  /** What a node is configured with. */
  get engine() {
    const address = this.servers.map(({ port }) => `127.0.0.1:${port}`).join(",");
    return { engine: { type: "redis", redis: { cluster_address: [address], io_timeout: "1s" } } };
  }

  /** The master that has a slot. */
  masterOf(slot: number): TestRedis {
    const server = this.#masterOf(slot, this.#first);
    if (!server) throw new Error(`No server has slot ${slot}.`);
    return server;
  }

  /** Moves a slot with its keys to another master, step by step; `between` runs while its keys are on their way. */
  async move(slot: number, to: TestRedis, between: () => Promise<void>): Promise<void> {
    const from = this.masterOf(slot);
    const [fromId, toId] = [from.command("CLUSTER", "MYID"), to.command("CLUSTER", "MYID")];
    to.command("CLUSTER", "SETSLOT", String(slot), "IMPORTING", fromId);
    from.command("CLUSTER", "SETSLOT", String(slot), "MIGRATING", toId);
    await between();
    for (;;) {
      const keys = from.command("CLUSTER", "GETKEYSINSLOT", String(slot), "100").split("\n").filter(Boolean);
      if (keys.length === 0) break;
      const moved = from.command("MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS", ...keys);
      if (moved !== "OK" && moved !== "NOKEY") throw new Error(`MIGRATE: ${moved}`);
    }
    await between();
    for (const server of [to, from, ...this.servers]) server.command("CLUSTER", "SETSLOT", String(slot), "NODE", toId);
  }

  /** Waits until another server than the one that has gone is the master of a slot. */
  async failedOver(slot: number, gone: TestRedis): Promise<void> {
    const asked = this.servers.find((server) => server !== gone) ?? this.#first;
    await this.#until("the replica is the master", () => {
      const master = this.#masterOf(slot, asked);
      return master !== undefined && master !== gone;
    });
  }

  /** As one server says; absent where it knows none that lives. */
  #masterOf(slot: number, asked: TestRedis): TestRedis | undefined {
    const found = rangesOf(asked).find(({ begin, end }) => begin <= slot && slot <= end);
    return this.servers.find(({ port }) => port === found?.port);
  }

  get #first(): TestRedis {
    const [first] = this.servers;
    if (!first) throw new Error("The cluster has no server.");
    return first;
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    // Six servers that agree need longer than one that answers.
    const deadline = performance.now() + 2 * patience;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`The cluster does not come to this: ${what}.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()));
  }
}

function args(): readonly string[] {
  return ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-allow-replica-migration", "no"];
}

/** The port of the cluster's own connections is 10,000 above it. */
function clusterPort(): number {
  for (;;) {
    const port = freePort();
    if (port < 55_000) return port;
  }
}

function isWhole(server: TestRedis, count: number): boolean {
  const info = server.command("CLUSTER", "INFO");
  const isLinked = server
    .command("CLUSTER", "NODES")
    .split("\n")
    .filter((line) => line.includes(" connected")).length;
  return info.includes("cluster_state:ok") && info.includes(`cluster_slots_ok:${slotCount}`) && isLinked === count;
}

/** What `CLUSTER NODES` says of masters that live. */
function rangesOf(server: TestRedis): { port: number; begin: number; end: number }[] {
  return server
    .command("CLUSTER", "NODES")
    .split("\n")
    .filter((line) => line.includes("master") && !line.includes("fail"))
    .flatMap((line) => {
      const [, address = "", , , , , , , ...ranges] = line.split(" ");
      const port = Number(address.split("@")[0]?.split(":")[1]);
      return ranges
        .filter((range) => !range.startsWith("["))
        .map((range) => {
          const [begin, end = begin] = range.split("-").map(Number);
          return { port, begin: begin ?? 0, end: end ?? 0 };
        });
    });
}
