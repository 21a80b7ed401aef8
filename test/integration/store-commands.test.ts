import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, linkSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backup, renewEpochs } from "../../src/app/store-commands.ts";
import { valid } from "../config/support.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { ChorusProcess } from "../support/process.ts";

setDefaultTimeout(testTimeout);

function configOf({ path, engine }: TemporaryFolder) {
  return { engine, push_log: { path: join(path, "push.db") }, channel: { without_namespace: everything } };
}

/** Runs a command on the same files in another process. */
function inAnotherProcess(folder: TemporaryFolder, ...args: string[]) {
  return ChorusProcess.run({ args, config: { ...configOf(folder), http_server: { port: 0 } } });
}

async function publish(url: string, channel: string, data: unknown) {
  const options = { method: "POST", headers: { "X-API-Key": "apikey" }, body: JSON.stringify({ channel, data }) };
  const body = await (await fetch(`${url}/api/publish`, options)).json();
  return (body as { readonly result: { readonly offset: number; readonly epoch: string } }).result;
}

test.concurrent("[BK135] a file that its own process has read, copied and tried to open twice stays with its server", async () => {
  await using folder = await TemporaryFolder.create();
  await using server = await startOpenServer(configOf(folder));
  await publish(server.url, "a", 1);
  for (const name of readdirSync(folder.path)) await Bun.file(join(folder.path, name)).bytes();
  cpSync(folder.path, `${folder.path}-copied`, { recursive: true });
  const { path } = folder.engine.sqlite;
  expect(startOpenServer(configOf(folder))).rejects.toThrow("cannot be opened: it is in use by this process");
  const own = { ...configOf(folder), engine: { type: "memory" as const } };
  expect(startOpenServer(own)).rejects.toThrow("push.db cannot be opened: it is in use by this process");
  const other = await inAnotherProcess(folder);
  expect(other.code).toBe(1);
  expect(other.stderr.join()).toContain(`${path} cannot be opened: it is in use by another process`);
  expect(await publish(server.url, "a", 2)).toMatchObject({ offset: 2 });
  await server.stop();
  await using next = await startOpenServer(configOf(folder));
  expect(await publish(next.url, "a", 3)).toMatchObject({ offset: 3 });
});

test.concurrent("[BK135] a file is one file under every name, for other processes too", async () => {
  await using folder = await TemporaryFolder.create();
  await using server = await startOpenServer(configOf(folder));
  await publish(server.url, "a", 1);
  const { path } = folder.engine.sqlite;
  const other = `${path}-other`;
  const startOther = async () => {
    const engine = { type: "sqlite", sqlite: { path: other } };
    const push_log = { path: join(folder.path, "other-push.db") };
    const config = { ...configOf(folder), engine, push_log, http_server: { port: 0 } };
    const { code, stderr } = await ChorusProcess.run({ config });
    return { code, stderr: stderr.join() };
  };
  linkSync(path, other);
  const inUse = {
    code: 1,
    stderr: expect.stringContaining(`${other} cannot be opened: it is in use by another process`),
  };
  const isLinux = process.platform === "linux";
  const hasNames = {
    code: 1,
    stderr: expect.stringContaining(`${other} cannot be opened: it has 2 names (hard links)`),
  };
  expect(await startOther()).toEqual(isLinux ? inUse : hasNames);
  const backup = join(folder.path, "backup.db");
  expect(await inAnotherProcess(folder, "backup", backup)).toMatchObject({ code: 0 });
  unlinkSync(other);
  renameSync(path, other);
  if (isLinux) expect(await startOther()).toEqual(inUse);
  renameSync(other, path);
  expect(await publish(server.url, "a", 2)).toMatchObject({ offset: 2 });
  await server.stop();
  linkSync(path, other);
  await expect(startOpenServer(configOf(folder))).rejects.toThrow(
    `${path} cannot be opened: it has 2 names (hard links)`,
  );
  unlinkSync(other);
  await using next = await startOpenServer(configOf(folder));
  expect(await publish(next.url, "a", 3)).toMatchObject({ offset: 3 });
});

test.concurrent("[BK147] a backup of a running server is whole, and begins new epochs where it is restored", async () => {
  await using folder = await TemporaryFolder.create();
  await using server = await startOpenServer(configOf(folder));
  const { epoch } = await publish(server.url, "a", "before");
  const headers = { "X-API-Key": "apikey" };
  const body = JSON.stringify({ user: "ann", data: "waits", queue_ttl_s: 3_600 });
  await fetch(`${server.url}/api/send`, { method: "POST", headers, body });
  const file = join(folder.path, "backup.db");
  const { code, stdout } = await inAnotherProcess(folder, "backup", file);
  expect([code, stdout]).toEqual([0, expect.stringContaining(`is copied to ${file}`)]);
  // A second one does not write over it, and the server has noticed neither.
  expect((await inAnotherProcess(folder, "backup", file)).stderr).toEqual([`${file} exists already`]);
  expect(await publish(server.url, "a", "after")).toEqual({ offset: 2, epoch });
  await server.stop();

  await using other = await TemporaryFolder.create();
  cpSync(file, other.engine.sqlite.path);
  cpSync(`${file}-push`, join(other.path, "push.db"));
  await using restored = await startOpenServer(configOf(other));
  using ann = await CentrifugeProbe.connect(restored.ws, { token: tokenFor({ sub: "ann" }) });
  expect(await ann.next()).toEqual({ push: { message: { data: "waits" } } });
  const reply = await ann.subscribe("a", { recover: true, offset: 1, epoch });
  expect(reply).toMatchObject({ offset: 1 });
  expect(reply["recovered"]).toBeUndefined();
  expect(reply["epoch"]).not.toBe(epoch);
});

test.concurrent("[BK147] without a history the messages are copied, to any name", async () => {
  await using folder = await TemporaryFolder.create();
  const push_log = { path: join(folder.path, "push.db") };
  const server = await startOpenServer({ push_log });
  await server.stop();
  const config = { http_server: { port: 0 }, engine: { type: "memory" as const }, push_log };
  await using process = await ChorusProcess.spawn({ config, args: ["backup", "file:name?mode=memory"] });
  expect(await process.ended()).toMatchObject({ code: 0, stderr: [] });
  expect(await process.exists("file:name?mode=memory-push")).toBe(true);
});

test.concurrent("[BK146] renew-epochs renews the epochs of a file that no server has open", async () => {
  await using folder = await TemporaryFolder.create();
  const server = await startOpenServer(configOf(folder));
  const { epoch } = await publish(server.url, "a", 1);
  const refused = await inAnotherProcess(folder, "renew-epochs");
  expect([refused.code, refused.stderr.length]).toEqual([1, 1]);
  expect(refused.stderr[0]).toContain("stop the server first");
  await server.stop();
  const { code, stdout } = await inAnotherProcess(folder, "renew-epochs");
  expect([code, stdout]).toEqual([0, expect.stringContaining("new epochs for 1 channel")]);
  await using again = await startOpenServer(configOf(folder));
  const next = await publish(again.url, "a", 2);
  expect(next.offset).toBe(2);
  expect(next.epoch).not.toBe(epoch);
});

test("backup and renew-epochs refuse what they cannot do, in one line", async () => {
  await using folder = await TemporaryFolder.create();
  const config = valid({ ...configOf(folder), http_server: { port: 0 } });
  const file = join(folder.path, "backup.db");
  const nothing = { exitCode: 1, text: `there is no such file: ${folder.engine.sqlite.path}` };
  expect([backup([file], config), renewEpochs([], config)]).toEqual([nothing, nothing]);
  expect(backup([], config)).toEqual({ exitCode: 2, text: "usage: backup FILE" });
  expect(existsSync(file)).toBe(false);
  const server = await startOpenServer(configOf(folder));
  await server.stop();
  const journal = `${folder.engine.sqlite.path}-journal`;
  expect(backup([journal], config).text).toContain("is a name that belongs to");
  // Where one of the copies cannot be made, neither is.
  writeFileSync(`${file}-push`, "");
  expect(backup([file], config).text).toBe(`${file}-push exists already`);
  expect(existsSync(file)).toBe(false);
  rmSync(`${file}-push`);
  // Where no server runs, the file is copied as well.
  expect(backup([file], config).exitCode).toBe(0);
  using copy = new Database(file, { readonly: true });
  expect(copy.query("SELECT count(*) AS n FROM streams").get()).toEqual({ n: 0 });
});
