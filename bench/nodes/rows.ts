import type { ServerProcess } from "../servers/server-process.ts";
import { NodeClient } from "./client.ts";
import type { BenchRedis } from "./redis.ts";
import { apiKey, type NodeKind } from "./servers.ts";

/** Two nodes that share their channels. */
interface TwoNodes {
  readonly one: ServerProcess;
  readonly other: ServerProcess;
}

/** Two nodes on one Redis. */
export interface NodePair extends TwoNodes {
  readonly redis: BenchRedis;
}

const text = "x".repeat(64);

/** Acknowledged publications a second: clients of the one node keep so many under way, one of the other hears them. */
export async function throughput({ one, other }: TwoNodes, clients: number, inFlight: number, ms: number) {
  const hearer = await NodeClient.connect(other.port);
  await hearer.ask(['"subscribe":{"channel":"load"}']);
  const all = await connectAll(one, clients);
  const command = `"publish":{"channel":"load","data":"${text}"}`;
  const end = performance.now() + ms;
  for (const client of all) {
    let answered = 0;
    client.onReplies = () => {
      if (performance.now() > end) return;
      client.send(new Array<string>(client.replies - answered).fill(command));
      answered = client.replies;
    };
    client.send(new Array<string>(inFlight / clients).fill(command));
  }
  const before = sum(all);
  await Bun.sleep(ms);
  const perSecond = ((sum(all) - before) / ms) * 1_000;
  for (const client of [...all, hearer]) client.close();
  return perSecond;
}

/** Milliseconds from a publish at the one node to its arrival at a client of the other, at 1,000 a second; ascending. */
export async function latencies({ one, other }: TwoNodes, ms: number): Promise<number[]> {
  const found: number[] = [];
  const hearer = await NodeClient.connect(other.port);
  await hearer.ask(['"subscribe":{"channel":"late"}']);
  const all = await connectAll(one, 4);
  const begin = performance.now();
  hearer.onPush = (line) => {
    const now = performance.now();
    // The first third is warm-up.
    if (now - begin > ms / 3) found.push(now - Number(/"data":([\d.]+)/.exec(line)?.[1]));
  };
  for (let sent = 0; performance.now() - begin < ms; ) {
    const due = performance.now() - begin;
    for (; sent < due; sent++) {
      all[sent % all.length]?.send([`"publish":{"channel":"late","data":${performance.now()}}`]);
    }
    // Less than a millisecond does not wait at all (Bun 1.4.5): the load then takes one of two cores from the nodes.
    await Bun.sleep(1);
  }
  await Bun.sleep(200);
  for (const client of [...all, hearer]) client.close();
  return found.sort((a, b) => a - b);
}

/** Commands that Redis executes while so many clients of one node recover fifty publications of one channel each. */
export async function recovering({ redis, one, other }: NodePair, clients: number): Promise<number> {
  const publisher = await NodeClient.connect(one.port);
  for (let n = 0; n < 100; n++) await publisher.ask(['"publish":{"channel":"back","data":1}']);
  const epoch = await epochOf(other, "back");
  const all: NodeClient[] = [];
  for (let n = 0; n < clients; n += 100) all.push(...(await connectAll(other, 100)));
  const before = redis.info("total_commands_processed");
  const command = `"subscribe":{"channel":"back","recover":true,"offset":50,"epoch":"${epoch}"}`;
  await Promise.all(all.map((client) => client.ask([command])));
  const after = redis.info("total_commands_processed");
  for (const client of [...all, publisher]) client.close();
  return after - before;
}

/** Subscribes to so many channels at one node; bytes of memory that each needs, and the time until all are back after CLIENT KILL. */
export async function manyChannels({ redis, other }: NodePair, channels: number) {
  const bytes = await bytesOfChannels(other, channels);
  const isBack = () => redis.info("pubsubshard_channels") >= 0 && pubsubChannels(redis) >= channels;
  const began = performance.now();
  redis.command("CLIENT", "KILL", "TYPE", "pubsub");
  while (!isBack()) await Bun.sleep(2);
  return { bytes, backMs: performance.now() - began };
}

/** Bytes that a server grows by for each channel that it has a subscriber in; 100 of them a client. */
export async function bytesOfChannels(server: ServerProcess, channels: number): Promise<number> {
  const clients = await connectAll(server, channels / 100);
  await Bun.sleep(2_000);
  const before = server.rss();
  for (const [index, client] of clients.entries()) {
    await client.ask(Array.from({ length: 100 }, (_, n) => `"subscribe":{"channel":"many-${index}-${n}"}`));
  }
  await Bun.sleep(2_000);
  return (server.rss() - before) / channels;
}

/** Starts two nodes of a kind. */
export async function startPair(kind: NodeKind, redis: BenchRedis): Promise<NodePair> {
  const [one, other] = await Promise.all([kind.start(redis.port), kind.start(redis.port)]);
  await Bun.sleep(1_500);
  return { redis, one, other };
}

async function epochOf(server: ServerProcess, channel: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${server.port}/api/history`, {
    method: "POST",
    headers: { "X-API-Key": apiKey },
    body: JSON.stringify({ channel, limit: 0 }),
  });
  const { result } = (await response.json()) as { result: { epoch: string } };
  return result.epoch;
}

function connectAll(server: ServerProcess, count: number): Promise<NodeClient[]> {
  return Promise.all(Array.from({ length: count }, () => NodeClient.connect(server.port)));
}

function pubsubChannels(redis: BenchRedis): number {
  return redis.info("pubsub_channels");
}

function sum(clients: readonly NodeClient[]): number {
  return clients.reduce((all, { replies }) => all + replies, 0);
}
