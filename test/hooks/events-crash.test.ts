import { expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { Inbox } from "../support/inbox.ts";
import { ChorusProcess } from "../support/process.ts";
import { SeededRandom } from "../support/random.ts";
import { describeSlow } from "../support/slow.ts";

setDefaultTimeout(300_000);

interface Told {
  readonly id: string;
  readonly type: string;
  readonly node: string;
  readonly client?: string;
  readonly previous?: string;
}

/** Kills of the server, each after some connections of which some have ended. */
const kills = 20;

/** A back end that acknowledges some requests, refuses others, and never answers some. */
class MoodyBackend {
  /** Every event, as often as it came. */
  readonly told = new Inbox<Told>("events", ({ type, client }) => `${type} ${client}`);
  readonly seen = new Set<string>();
  /** Those that were acknowledged, in the order in which they first were. */
  readonly acknowledged = new Map<string, Told>();
  isMoody = true;
  readonly #random: SeededRandom;
  readonly #server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => this.#answer(request) });
  readonly url = this.#server.url.href;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  stop(): Promise<void> {
    return this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const { events } = (await request.json()) as { events: readonly Told[] };
    const mood = this.isMoody ? this.#random.int(8) : 7;
    for (const event of events) {
      this.seen.add(event.id);
      if (mood > 1 && !this.acknowledged.has(event.id)) this.acknowledged.set(event.id, event);
      this.told.push(event);
    }
    if (mood === 0) return new Promise(() => {});
    return new Response(null, { status: mood === 1 ? 503 : 200 });
  }
}

/**
 * Connects at least one client and others after it, ends some of them at once, and kills the server. A run that is killed
 * in the turn in which it starts leaves no trace: it had nothing to report.
 */
async function churn(server: ChorusProcess, random: SeededRandom): Promise<void> {
  const url = (await server.url()).replace("http", "ws");
  const kept: CentrifugeProbe[] = [];
  for (let left = 1 + random.int(59); left > 0; left -= 1) {
    const client = await CentrifugeProbe.connect(url);
    if (random.int(2) === 0) client[Symbol.dispose]();
    else kept.push(client);
  }
  server.signal("SIGKILL");
  await server.ended();
  for (const client of kept) client[Symbol.dispose]();
}

describeSlow("the outbox of events, under kill -9 in a loop", () => {
  test("[EV3] tells again what was not acknowledged, in its order, without a gap, and of each run that was killed", async () => {
    const random = new SeededRandom();
    await using folder = await TemporaryFolder.create();
    const backend = new MoodyBackend(random);
    const hook = { enabled: true, endpoint: backend.url, timeout: "50ms" };
    const config = {
      http_server: { port: 0 },
      log: { format: "json" },
      client: { allow_anonymous_connect_without_token: true, proxy: { connected: hook, disconnect: hook } },
      event_outbox: { path: `${folder.path}/events.db`, batch_interval: "5ms", batch_size: 7 },
    };
    for (let kill = 0; kill < kills; kill += 1) {
      await using server = await ChorusProcess.spawn({ config });
      await churn(server, random);
    }
    backend.isMoody = false;
    await using last = await ChorusProcess.spawn({ config });
    await last.url();
    const started = () => [...backend.acknowledged.values()].filter(({ type }) => type === "node_started");
    while (started().length <= kills) await backend.told.next();
    const acknowledged = [...backend.acknowledged.values()];
    const runs = started().map(({ node }) => node);
    // What was told once was in the file.
    expect([...backend.seen].filter((id) => !backend.acknowledged.has(id))).toEqual([]);
    expect(acknowledged.flatMap(({ previous }) => previous ?? [])).toEqual(["", ...runs.slice(0, -1)]);
    expect(acknowledged.filter(({ type }) => type === "events_lost")).toEqual([]);
    for (const run of runs) {
      // The ids of a run count its events.
      const numbers = acknowledged.filter(({ node }) => node === run).map(({ id }) => Number(id.split(":").at(-1)));
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    }
    const connected = new Set<string | undefined>();
    for (const { type, client } of acknowledged) {
      if (type === "connected") connected.add(client);
      if (type === "disconnect") expect(connected.has(client)).toBe(true);
    }
    await backend.stop();
  });
});
