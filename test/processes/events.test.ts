import { expect, setDefaultTimeout, test } from "bun:test";
import type { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { Inbox } from "../support/inbox.ts";
import { testTimeout } from "../support/patience.ts";
import { describeSlow } from "../support/slow.ts";
import { configOf, ProcessNode } from "./node.ts";

setDefaultTimeout(testTimeout);

interface Told {
  readonly id: string;
  readonly type: string;
  readonly client?: string;
  readonly channel?: string;
  readonly code?: number;
  readonly previous?: string;
  readonly node: string;
}

/** A back end that keeps each event once, in the order in which they came. */
class Backend implements AsyncDisposable {
  readonly told: Told[] = [];
  readonly #ids = new Set<string>();
  readonly #came = new Inbox<Told>("events", ({ type, client, channel }) => `${type} ${client} ${channel}`);
  readonly #server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { events } = (await request.json()) as { events: readonly Told[] };
      for (const event of events) {
        if (this.#ids.has(event.id)) continue;
        this.#ids.add(event.id);
        this.told.push(event);
        this.#came.push(event);
      }
      return new Response();
    },
  });
  readonly url = this.#server.url.href;

  /** Waits until so many events of a type have come. */
  async until(type: string, count: number): Promise<void> {
    while (this.of(type).length < count) await this.#came.next();
  }

  of(type: string): readonly Told[] {
    return this.told.filter((event) => event.type === type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

function hookedTo(url: string, folder: string) {
  const hook = { enabled: true, endpoint: url };
  const client = { insecure: true, proxy: { connected: hook, disconnect: hook } };
  const told = { unsubscribe_proxy_enabled: true, channel_state_proxy_enabled: true };
  const proxy = { unsubscribe: { endpoint: url }, channel_state: { endpoint: url } };
  const event_outbox = { path: `${folder}/events.db` };
  return configOf({ client, event_outbox, channel: { proxy, without_namespace: told } });
}

const idsOf = (clients: readonly CentrifugeProbe[]) => clients.map(({ client }) => client).toSorted();
const clientsOf = (events: readonly Told[]) => events.map(({ client = "" }) => client).toSorted();

describeSlow("events for back ends, of a node of several processes", () => {
  test("[EV7] each is told once, whichever worker has it, also where that is killed or replaced, and the parent is", async () => {
    await using backend = new Backend();
    await using folder = await TemporaryFolder.create();
    await using node = await ProcessNode.start(hookedTo(backend.url, folder.path));
    const clients = await node.connectMany();
    for (const client of clients) await client.subscribe("a");
    await backend.until("connected", clients.length);
    await backend.until("channel_opened", 1);
    process.kill(node.workers.get(1) ?? 0, "SIGKILL");
    await node.nextWorker();
    await node.api("publish", { channel: "a", data: 1 });
    const heard = await Promise.all(clients.map((client) => client.next()));
    const gone = clients.filter((_, index) => "closed" in (heard[index] ?? {}));
    expect(gone.length).toBeLessThan(clients.length);
    await backend.until("disconnect", gone.length);
    expect(clientsOf(backend.of("disconnect"))).toEqual(idsOf(gone));
    expect(clientsOf(backend.of("unsubscribe"))).toEqual(idsOf(gone));
    expect(backend.of("unsubscribe").every(({ code }) => code === 1)).toBe(true);
    expect(backend.of("channel_closed")).toEqual([]);
    node.process.signal("SIGHUP");
    await node.process.log.next("config.reloaded");
    await backend.until("disconnect", clients.length);
    await backend.until("channel_closed", 1);
    for (const type of ["connected", "disconnect", "unsubscribe"])
      expect([type, clientsOf(backend.of(type))]).toEqual([type, idsOf(clients)]);
    expect(backend.of("channel_opened")).toHaveLength(1);
    // Each subscription ends before its connection.
    for (const client of idsOf(clients)) {
      const types = backend.told.filter((event) => event.client === client).map(({ type }) => type);
      expect(types).toEqual(["connected", "unsubscribe", "disconnect"]);
    }
    const run = backend.of("node_started")[0]?.node ?? "";
    await node.crash();
    await backend.until("node_started", 2);
    expect(backend.of("node_started").map(({ previous }) => previous)).toEqual(["", run]);
    // The ids of a run count its events.
    const numbers = backend.told.filter((each) => each.node === run).map(({ id }) => Number(id.split(":").at(-1)));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});
