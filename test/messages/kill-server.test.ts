import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { post } from "../support/api.ts";
import { CentrifugeProbe, isClosed } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { tokenFor } from "../support/open-channels.ts";
import { ChorusProcess } from "../support/process.ts";
import { SeededRandom } from "../support/random.ts";
import { describeSlow } from "../support/slow.ts";

setDefaultTimeout(300_000);

const users = ["ann", "bob", "cleo"];
/** A push of a message, or the reply to a call. */
type Frame = { readonly push?: { readonly message: { readonly data: { readonly id: string } } } };

/** What was answered to a back end and to clients, by user, in its order. */
class Account {
  readonly sent = new Map<string, string[]>(users.map((user) => [user, []]));
  /** Acknowledged, and answered. */
  readonly done = new Set<string>();
  /** Acknowledged, and perhaps not answered: nobody knows whether the server has it. */
  readonly tried = new Set<string>();
}

/** A client that acknowledges some of what it receives, until its server is killed. */
async function listen(url: string, user: string, account: Account, random: SeededRandom): Promise<void> {
  const probe = await CentrifugeProbe.connect(url.replace("http", "ws"), { token: tokenFor({ sub: user }) });
  const asked = new Map<number, string>();
  for (;;) {
    const heard = await probe.next();
    if (isClosed(heard)) return;
    const id = (heard as Frame).push?.message.data.id;
    const answered = asked.get(Number(heard["id"]));
    if (answered !== undefined) account.done.add(answered);
    if (id === undefined || random.int(3) === 0) continue;
    const command = probe.command("rpc", { method: "chorus:ack", data: { ids: [id] } });
    asked.set(command.id, id);
    account.tried.add(id);
    probe.send(command);
  }
}

/** Sends until the server is killed in the middle of one more. */
async function killWhileSending(server: ChorusProcess, account: Account, random: SeededRandom): Promise<void> {
  const url = await server.url();
  const clients = users.map((user) => listen(url, user, account, random));
  const send = async (data: number): Promise<void> => {
    const user = users[random.int(users.length)] ?? "";
    const body = { user, until: "acknowledged", per: random.int(2) === 0 ? "user" : "device", data };
    const { json } = await post(`${url}/api/send`, body, { "X-API-Key": "apikey" });
    account.sent.get(user)?.push(json.result.id);
  };
  const count = 50 + random.int(150);
  for (let sent = 0; sent < count; sent += 1) await send(sent);
  const last = send(count).catch(() => {});
  server.signal("SIGKILL");
  await last;
  await server.ended();
  await Promise.all(clients);
}

/** Holds what a user receives of the next process against what was answered. */
async function examine(url: string, user: string, { sent, done, tried }: Account): Promise<void> {
  const probe = await CentrifugeProbe.connect(url.replace("http", "ws"), { token: tokenFor({ sub: user }) });
  const received = (await probe.rest()).flatMap((heard) => (heard as Frame).push?.message.data.id ?? []);
  expect(received.filter((id) => done.has(id))).toEqual([]);
  const answered = sent.get(user) ?? [];
  const kept = answered.filter((id) => !tried.has(id));
  // One more may have been stored than was answered, and of some acknowledgements it is not known what became.
  expect(received.filter((id) => answered.includes(id) && !tried.has(id))).toEqual(kept);
  expect(kept.length).toBeGreaterThan(0);
}

describeSlow("a server that is killed", () => {
  test("[IN9] loses no message whose send was answered, and sends none again that was acknowledged (F01)", async () => {
    await using folder = await TemporaryFolder.create();
    const random = new SeededRandom();
    const account = new Account();
    const config = {
      http_server: { port: 0 },
      engine: { type: "memory" },
      client: { token: { hmac_secret_key: "secret" } },
      http_api: { key: "apikey" },
      push_log: { path: join(folder.path, "push.db") },
      push_queue: { size: 100_000 },
      log: { format: "json" },
    };
    for (let round = 0; round < 5; round += 1) {
      await using server = await ChorusProcess.spawn({ config });
      await killWhileSending(server, account, random);
    }
    await using server = await ChorusProcess.spawn({ config });
    const url = await server.url();
    for (const user of users) await examine(url, user, account);
    expect(account.done.size).toBeGreaterThan(0);
  });
});
