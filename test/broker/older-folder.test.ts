import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

/**
 * `older-folder` was written by version 0.1.0 of July 2026 at 2030-01-01T00:00:00Z of its clock, and closed: 8
 * publications to `news` of which 5 are kept, the last with a key, a version and tags; bytes to `bytes`; a removed
 * history; a channel that was read and never published to; a message to ann with a key; an entry of the publish log.
 */
const folder = join(import.meta.dir, "older-folder");

/** Positions that clients of that server may hold. */
const epochs = { news: "toRvAMzE", bytes: "suxdNWoz", removed: "CbhuWYrd" };

/** What of the results of the API is looked at. */
interface Result {
  readonly publications: readonly { readonly data: unknown }[];
  readonly entries: readonly object[];
}

async function open(path: string, clock: ManualClock) {
  const kept = { ...everything, history_size: 5, history_ttl: "24h", history_meta_ttl: "240h" };
  const config = {
    engine: { type: "sqlite", sqlite: { path: join(path, "chorus.db") } } as const,
    push_log: { enabled: true, path: join(path, "push.db"), payloads: true },
    http_api: { key: "apikey" },
    channel: { without_namespace: kept },
  };
  return await startOpenServer(config, { clock });
}

test("[BK144] a folder of an older version opens with its epochs, offsets, keys, messages and log", async () => {
  await using copy = await TemporaryFolder.create();
  cpSync(folder, copy.path, { recursive: true });
  const clock = new ManualClock();
  clock.advance(60_000);
  for (const round of ["first", "second"]) {
    await using server = await open(copy.path, clock);
    const call = async (method: string, body: object): Promise<Result> => {
      const headers = { "X-API-Key": "apikey" };
      const response = await fetch(`${server.url}/api/${method}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      return ((await response.json()) as { readonly result: Result }).result;
    };
    using ann = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
    if (round === "first") expect(await ann.next()).toEqual({ push: { message: { data: "while away" } } });
    const reply = await ann.subscribe("news", { recover: true, offset: 3, epoch: epochs.news });
    expect(reply).toMatchObject({ recovered: true, epoch: epochs.news });
    const { publications } = await call("history", { channel: "news", limit: -1 });
    expect(publications.map(({ data }) => data)).toEqual([4, 5, 6, 7, 8].map((n) => ({ n })));
    expect(publications.at(-1)).toMatchObject({ offset: 8, tags: { k: "v" } });
    const again = { channel: "news", data: "again", idempotency_key: "once" };
    expect<object>(await call("publish", again)).toEqual({ offset: 8, epoch: epochs.news });
    const stale = { channel: "news", data: "stale", version: 7, version_epoch: "x" };
    expect<object>(await call("publish", stale)).toEqual({ offset: 8, epoch: epochs.news });
    const bytes = { offset: 1, data: "AP8K", tags: { "chorus-encoding": "base64" } };
    expect((await call("history", { channel: "bytes", limit: -1 })).publications).toEqual([bytes]);
    const removed = { publications: [], epoch: epochs.removed, offset: 1 };
    expect<object>(await call("history", { channel: "removed", limit: -1 })).toEqual(removed);
    const repeated = { user: "ann", data: "while away", queue_ttl_s: 60, idempotency_key: "message" };
    expect<object>(await call("send", repeated)).toEqual({ connections: 0, queued: true });
    const { entries } = await call("push_log", { channel: "logged" });
    expect(entries).toMatchObject([{ channel: "logged", offset: 1, payload: "1", outcome: "ok" }]);
    expect(server.log.count("broker.epochs_renewed")).toBe(0);
    expect(server.log.count("broker.file_damaged")).toBe(0);
  }
});
