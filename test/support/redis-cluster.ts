import { slotCount } from "../../src/broker/redis/cluster/slots.ts";
import type { RedisOptions } from "../../src/broker/redis/options.ts";
import { patience } from "./patience.ts";
import { TestRedis } from "./redis.ts";
import { openAccess, type RedisAccess } from "./redis-access.ts";

interface Started {
  /** Replicas of each master. */
  readonly replicas?: number;
  readonly access?: RedisAccess;
  /** That of Valkey, or of Redis. */
  readonly program?: string;
}

/** A cluster of real servers on the loopback: three masters, each with as many replicas. */
export class TestRedisCluster implements AsyncDisposable {
  #servers: readonly TestRedis[];
  readonly #access: RedisAccess;
  readonly #program: string;

  private constructor(servers: readonly TestRedis[], access: RedisAccess, program: string) {
    this.#servers = servers;
    this.#access = access;
    this.#program = program;
  }

  /** Those that are part of it. */
  get servers(): readonly TestRedis[] {
    return this.#servers;
  }

  /** Starts it; ready when each server knows a master for every slot. */
  static async start({
    replicas = 0,
    access = openAccess,
    program = "redis-server",
  }: Started = {}): Promise<TestRedisCluster> {
    const count = 3 * (1 + replicas);
    const servers = await Promise.all(Array.from({ length: count }, () => startServer(access, program)));
    const cluster = new TestRedisCluster(servers, access, program);
    try {
      await cluster.#create(count);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** By single commands: redis-cli does not find servers behind a proxy. */
  async #create(count: number): Promise<void> {
    const { servers } = this;
    const masters = servers.slice(0, 3);
    for (const [index, server] of servers.entries()) {
      server.command("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
      const slots = [0, 1].map((next) => Math.ceil(((index + next) * slotCount) / 3));
      if (index < 3) server.command("CLUSTER", "ADDSLOTSRANGE", String(slots[0]), String((slots[1] ?? 0) - 1));
      if (index > 0) this.#first.command("CLUSTER", "MEET", ...addressTo(server));
    }
    await this.#until("every server knows the cluster", () => servers.every((server) => isWhole(server, count)));
    for (const [index, server] of servers.slice(3).entries())
      server.command("CLUSTER", "REPLICATE", masters[index % 3]?.command("CLUSTER", "MYID") ?? "");
    await this.#until("every server knows the replicas", () =>
      servers.every((server) => server.command("CLUSTER", "NODES").split(/\bslave /).length === count - 2),
    );
    await this.#until("replicas have what their masters have", () => servers.every((server) => server.isInSync));
  }

  /** What an engine is told to find it. */
  options(more: Partial<RedisOptions> = {}): RedisOptions {
    const servers = this.servers.map(({ port }) => ({ host: this.#access.host, port: this.#access.announced(port) }));
    const [first] = this.servers;
    if (!first) throw new Error("The cluster has no server.");
    return first.options(0, { at: { kind: "cluster", servers }, ...this.#access.options, ...more });
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
      const moved = from.command(
        "MIGRATE",
        ...addressTo(to),
        "",
        "0",
        "5000",
        ...this.#access.migrate,
        "KEYS",
        ...keys,
      );
      if (moved !== "OK" && moved !== "NOKEY") throw new Error(`MIGRATE: ${moved}`);
    }
    await between();
    for (const server of [to, from, ...this.servers]) server.command("CLUSTER", "SETSLOT", String(slot), "NODE", toId);
  }

  /** Puts a new server in the place of one, which leaves: the new one takes what it has, and its slots. */
  async replace(old: TestRedis): Promise<TestRedis> {
    const [first] = this.servers.filter((server) => server !== old);
    const fresh = await startServer(this.#access, this.#program);
    this.#servers = [...this.#servers, fresh];
    const [oldId, freshId] = [old.command("CLUSTER", "MYID"), fresh.command("CLUSTER", "MYID")];
    fresh.command("CLUSTER", "MEET", ...addressTo(first ?? old));
    const { length } = this.servers;
    await this.#until("every server knows the new one", () => this.servers.every((server) => isWhole(server, length)));
    fresh.command("CLUSTER", "REPLICATE", oldId);
    const isReplica = () => fresh.command("INFO", "replication").includes("master_link_status:up");
    await this.#until("the new server has what the old one has", isReplica);
    const isMaster = (server: TestRedis) =>
      new RegExp(`^${freshId} .*master - `, "m").test(server.command("CLUSTER", "NODES"));
    // It is given up where not all that vote know enough of the new one yet.
    await this.#until("the new one is the master", () => {
      fresh.command("CLUSTER", "FAILOVER");
      return isMaster(fresh);
    });
    await this.#until("all servers take the new one for the master", () => this.servers.every(isMaster));
    this.#servers = this.#servers.filter((server) => server !== old);
    await old[Symbol.asyncDispose]();
    for (const server of this.servers) server.command("CLUSTER", "FORGET", oldId);
    return fresh;
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
    return this.servers.find(({ port }) => this.#access.announced(port) === found?.port);
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

function startServer(access: RedisAccess, program: string): Promise<TestRedis> {
  const port = clusterPort();
  const own = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-allow-replica-migration", "no"];
  const named = access === openAccess ? [] : namedArgs(access.host);
  return TestRedis.start([...own, ...named, ...access.args(port)], port, program, access.cli);
}

function namedArgs(host: string): readonly string[] {
  return ["--cluster-announce-hostname", host, "--cluster-preferred-endpoint-type", "hostname"];
}

function addressTo({ port }: TestRedis): [string, string] {
  return ["127.0.0.1", String(port)];
}

/** The cluster's own connections come to the port 10,000 above; both are below those that the system gives to clients. */
function clusterPort(): number {
  for (;;) {
    const port = 11_000 + Math.floor(Math.random() * 11_000);
    if (isFree(port) && isFree(port + 10_000)) return port;
  }
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
    return true;
  } catch {
    return false;
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
