import { expect, setDefaultTimeout, test } from "bun:test";
import { patience, testTimeout } from "../support/patience.ts";
import { describeSlow } from "../support/slow.ts";
import { ChannelHistory, Follower } from "./follower.ts";
import { ProcessNode } from "./node.ts";

setDefaultTimeout(testTimeout * 2);

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What fails, and is over when it resolves. */
const faults: readonly (readonly [name: string, fault: (node: ProcessNode) => Promise<unknown>])[] = [
  [
    "a worker that is killed, and the other one after it",
    async (node) => {
      for (const number of [1, 2]) {
        process.kill(node.workers.get(number) ?? 0, "SIGKILL");
        await node.nextWorker();
      }
    },
  ],
  [
    "a worker that hangs until it is replaced",
    async (node) => {
      process.kill(node.workers.get(1) ?? 0, "SIGSTOP");
      await node.nextWorker();
    },
  ],
  [
    "a worker that hangs for a while",
    async (node) => {
      process.kill(node.workers.get(2) ?? 0, "SIGSTOP");
      await wait(1_500);
      process.kill(node.workers.get(2) ?? 0, "SIGCONT");
    },
  ],
  [
    "a parent that hangs for a while",
    async (node) => {
      process.kill(node.process.pid, "SIGSTOP");
      await wait(1_500);
      process.kill(node.process.pid, "SIGCONT");
    },
  ],
  ["a parent that is killed, and a new start", (node) => node.crash()],
  [
    "workers that are replaced",
    async (node) => {
      node.process.signal("SIGHUP");
      await node.process.log.next("config.reloaded");
    },
  ],
];

/** Publishes one after the other until it is stopped; what is acknowledged is noted. */
class Publisher {
  #isStopped = false;
  #last: number;
  readonly #running: Promise<void>;

  constructor(node: ProcessNode, history: ChannelHistory, first: number) {
    this.#last = first;
    this.#running = this.#run(node, history);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(node: ProcessNode, history: ChannelHistory): Promise<void> {
    while (!this.#isStopped) {
      this.#last += 2;
      const data = this.#last;
      try {
        const { offset, epoch } = await node.api("publish", { channel: "a", data });
        if (offset === undefined) continue;
        history.acknowledged.push({ data, offset: Number(offset), epoch: String(epoch) });
        history.seen(String(epoch), Number(offset), data);
      } catch {
        // Its worker has gone: it is unknown whether it was published.
        await wait(10);
      }
    }
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + patience;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`It does not come to this: ${what}.`);
    await wait(20);
  }
}

describeSlow("a node of two processes on which something fails", () => {
  test.each(faults)(
    "[MP14] %s: nothing acknowledged is lost or doubled, and all come to rest at the top",
    async (_, fault) => {
      await using node = await ProcessNode.start(
        { client: { insecure: true, recovery_max_publication_limit: 100_000, recovery_max_bytes: 50_000_000 } },
        {
          history_size: 100_000,
        },
      );
      const history = new ChannelHistory();
      const followers = Array.from({ length: 8 }, () => new Follower(node, history));
      const publishers = [0, 1].map((first) => new Publisher(node, history, first));
      await until("all hear something", () => followers.every(({ offset }) => offset > 20));
      await fault(node);
      const reached = history.acknowledged.length;
      await until("publishing goes on", () => history.acknowledged.length > reached + 20);
      await Promise.all(publishers.map((publisher) => publisher.stop()));
      const { epoch, offset, publications } = await node.api("history", { channel: "a", limit: -1 });
      await until("all stand at the top", () =>
        followers.every((each) => each.epoch === epoch && each.offset === offset),
      );
      await Promise.all(followers.map((follower) => follower.stop()));
      expect(history.violations).toEqual([]);
      expect(followers.map(({ lost }) => lost)).toEqual(followers.map(() => 0));
      const kept = new Map(
        (publications as { offset: number; data: number }[]).map((each) => [each.data, each.offset]),
      );
      expect(kept.size).toBe((publications as unknown[]).length);
      const missing = history.acknowledged.filter(
        (each) => each.epoch === epoch && kept.get(each.data) !== each.offset,
      );
      expect(missing).toEqual([]);
      expect(new Set(history.acknowledged.map((each) => each.epoch))).toEqual(new Set([String(epoch)]));
    },
  );
});
