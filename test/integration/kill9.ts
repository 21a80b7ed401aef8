/**
 * Kills the whole server in the middle of publishing, again and again, and looks at what its clients have got:
 *
 *     bun run test/integration/kill9.ts [--rounds 50] [--seed 1]
 *
 * Sixteen publishers, half of them over WebSocket and half over HTTP, and three subscribers that are stock clients. Ends
 * with an error where an acknowledged publication is lost, or a subscriber has a gap or has something twice.
 */
import { strict as assert } from "node:assert";
import { parseArgs } from "node:util";
import { StockClient } from "../conformance/stock/stock-client.ts";
import { Cable } from "../support/cable.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { everything } from "../support/open-channels.ts";
import { ChorusProcess } from "../support/process.ts";
import { SeededRandom } from "../support/random.ts";
import { type Acknowledged, Publisher } from "./kill9-publisher.ts";

const channel = "kill9";
const publishers = 16;
const subscribers = 3;
/** More than all rounds together publish. */
const plenty = 10_000_000;

/** What came of all rounds. */
export interface KillNine {
  readonly acknowledged: number;
  readonly kept: number;
}

/** Plays the rounds on one file. Throws where something was lost, or came twice. */
export async function killNine(rounds: number, random: SeededRandom, say = console.error): Promise<KillNine> {
  await using folder = await TemporaryFolder.create();
  let server = await start(folder);
  let url = await server.url();
  await using cable = await Cable.to(url);
  const listeners = Array.from({ length: subscribers }, () => new Listener(cable.url));
  const all: Acknowledged[] = [];
  try {
    await Promise.all(listeners.map((listener) => listener.begin()));
    for (let round = 1; round <= rounds; round += 1) {
      const crowd = Array.from({ length: publishers }, (_, index) => new Publisher(url, channel, `${round}.${index}`));
      const publishing = crowd.map((publisher, index) =>
        index % 2 === 0 ? publisher.overWebSocket() : publisher.overHttp(),
      );
      await Bun.sleep(50 + random.int(400));
      server.signal("SIGKILL");
      await server.ended();
      cable.unplug();
      await Promise.all(publishing);
      const acknowledged = crowd.flatMap((publisher) => publisher.acknowledged);
      all.push(...acknowledged);
      await server[Symbol.asyncDispose]();
      server = await start(folder);
      url = await server.url();
      cable.plug(url);
      await Promise.all(listeners.map((listener) => listener.isBack()));
      say(`round ${round}: ${acknowledged.length} acknowledged, ${all.length} in all`);
    }
    const kept = await historyOf(url);
    examine(all, kept);
    for (const listener of listeners) await listener.examine(kept);
    return { acknowledged: all.length, kept: kept.length };
  } finally {
    for (const listener of listeners) listener[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  }
}

function start({ engine }: TemporaryFolder): Promise<ChorusProcess> {
  const config = {
    http_server: { port: 0 },
    engine,
    http_api: { key: "apikey" },
    client: {
      allow_anonymous_connect_without_token: true,
      message_rate_limit: 0,
      queue_max_size: plenty * 100,
      recovery_max_publication_limit: plenty,
      recovery_max_bytes: plenty * 100,
      history_max_publication_limit: 5_000,
    },
    channel: { without_namespace: { ...everything, history_size: plenty, history_ttl: "24h" } },
    log: { level: "info", format: "json" },
  };
  return ChorusProcess.spawn({ config });
}

/** Every publication that is kept, in its order. */
async function historyOf(url: string): Promise<string[]> {
  using client = await new StockClient(url.replace(/^http/, "ws")).connect();
  const kept: string[] = [];
  for (;;) {
    const { epoch } = await client.api.history(channel);
    const page = await client.api.history(channel, { limit: 5_000, since: { offset: kept.length, epoch } });
    if (page.publications.length === 0) return kept;
    for (const { offset, data } of page.publications) {
      kept.push(String(data));
      assert.equal(offset, kept.length, "the offsets are 1, 2, 3 and so on");
    }
  }
}

/** Everything acknowledged is there, where it was said to be, and nothing is there twice. */
function examine(acknowledged: readonly Acknowledged[], kept: readonly string[]): void {
  const places = new Map(kept.map((data, index) => [data, index + 1]));
  assert.equal(places.size, kept.length, "nothing is kept twice");
  for (const { data, offset } of acknowledged) {
    assert.ok(places.has(data), `${data} was acknowledged, and is lost`);
    if (offset !== null) assert.equal(offset, places.get(data), `${data} was acknowledged with another offset`);
  }
}

/** A stock client that writes down all it hears. */
class Listener implements Disposable {
  readonly #client: StockClient;
  readonly #heard: string[] = [];
  #back = Promise.withResolvers<void>();
  #isEnough = () => {};

  constructor(url: string) {
    this.#client = new StockClient(url);
  }

  async begin(): Promise<void> {
    const subscription = this.#client.api.newSubscription(channel, { minResubscribeDelay: 1 });
    subscription.on("publication", ({ data, offset }) => {
      this.#heard.push(String(data));
      assert.equal(offset, this.#heard.length, "a subscriber has a gap, or has something twice");
      this.#isEnough();
    });
    subscription.on("subscribed", ({ wasRecovering, recovered }) => {
      assert.equal(recovered, wasRecovering, "a subscriber was not recovered");
      this.#back.resolve();
    });
    subscription.on("subscribing", () => {
      this.#back = Promise.withResolvers<void>();
    });
    subscription.subscribe();
    this.#client.api.connect();
    await subscription.ready();
  }

  isBack(): Promise<void> {
    return this.#back.promise;
  }

  /** Waits until it has as much as is kept, and looks whether it is the same. */
  async examine(kept: readonly string[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#isEnough = () => {
      if (this.#heard.length >= kept.length) resolve();
    };
    this.#isEnough();
    await promise;
    assert.deepEqual(this.#heard, kept);
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "50" }, seed: { type: "string" } } });
  const random = new SeededRandom(...(values.seed === undefined ? [] : [Number(values.seed)]));
  console.log(`seed ${random.seed}`);
  const { acknowledged, kept } = await killNine(Number(values.rounds), random);
  console.log(`${acknowledged} acknowledged, ${kept} kept: none lost, no gap, none twice.`);
  process.exit(0);
}
