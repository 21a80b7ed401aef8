import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Centrifuge } from "centrifuge";
import { Centrifuge as CentrifugeProtobuf } from "centrifuge/build/protobuf";
import { describeInBrowser } from "../../support/browser.ts";
import { Cable } from "../../support/cable.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { Inbox } from "../../support/inbox.ts";
import { startOpenServer } from "../../support/open-channels.ts";
import { testTimeout } from "../../support/patience.ts";
import type { TestServer } from "../../support/server.ts";
import { skipping } from "../../support/skipping.ts";
import { converse, ways } from "./conversation.mjs";
import { Script, type Told } from "./script.ts";

setDefaultTimeout(testTimeout);

const enabled = { sse: { enabled: true }, http_stream: { enabled: true } } as const;

// The older version on purpose: it loses an event that shares a chunk with a CRLF.
const eventsource = (await import("eventsource" as string)).default;

/** Follows the conversation of a client whose line to the server is the cable. */
async function follow(told: { next(): Promise<Told> }, way: string, server: TestServer, cable: Cable): Promise<void> {
  const first = { from: "a stock client", text: "grüße 🎉" };
  expect(await told.next()).toEqual({ what: "connected", value: way.split(" ")[0] });
  expect(await told.next()).toEqual({ what: "publication", value: [first] });
  expect(await told.next()).toEqual({ what: "history", value: [first] });
  expect(await told.next()).toEqual({ what: "presence", value: 1 });
  expect(await told.next()).toEqual({ what: "ready to be cut", value: null });
  cable.unplug();
  for (const number of [1, 2, 3]) await server.api.publish("room", number);
  cable.plug();
  expect(await told.next()).toEqual({ what: "recovery", value: { wasRecovering: true, recovered: true } });
  expect(await told.next()).toEqual({ what: "missed", value: [1, 2, 3] });
  expect(await told.next()).toEqual({ what: "done", value: null });
}

test.each(ways)("[RC42] the stock client in Bun over %s", async (way) => {
  await using server = await startOpenServer(enabled);
  await using cable = await Cable.to(server.url);
  const told = new Inbox<Told>("the stock client", (each) => JSON.stringify(each));
  const conversation = converse({
    way,
    url: cable.url.replace("ws", "http"),
    clients: { json: Centrifuge, protobuf: CentrifugeProtobuf },
    options: { eventsource },
    tell: (what, value) => told.push({ what, value: value ?? null }),
  });
  await follow(told, way, server, cable);
  await conversation;
});

/** Node 22 or newer, where the system has an older one. */
const node = process.env["CHORUS_TEST_NODE"] || Bun.which("node");
const isNodeWanted = process.env["CHORUS_TEST_SLOW"] === "1" && node !== null;
const remark = skipping(isNodeWanted ? null : "CHORUS_TEST_SLOW=1 runs the tests in Node, where it is installed");

test.skipIf(!isNodeWanted).each(ways)(`[RC42] the stock client in Node over %s${remark}`, async (way) => {
  await using server = await startOpenServer(enabled);
  await using cable = await Cable.to(server.url);
  const program = join(import.meta.dir, "transports-in-node.mjs");
  await using told = new Script("the stock client in Node", [
    node ?? "",
    program,
    cable.url.replace("ws", "http"),
    way,
  ]);
  await follow(told, way, server, cable);
  expect(await told.exited()).toBe(0);
});

const isGoWanted = process.env["CHORUS_TEST_GO"] === "1";
const withoutGo = skipping(isGoWanted ? null : "CHORUS_TEST_GO=1 runs the test with centrifuge-go");

test.skipIf(!isGoWanted).each(["JSON", "Protobuf"])(
  `[RC43] the stock client in Go in %s${withoutGo}`,
  async (encoding) => {
    await using folder = await TemporaryFolder.create();
    const program = join(folder.path, "in-go");
    const build = Bun.spawn(["go", "build", "-o", program, "."], { cwd: join(import.meta.dir, "in-go") });
    expect(await build.exited).toBe(0);
    await using server = await startOpenServer(enabled);
    await using cable = await Cable.to(server.url);
    await using told = new Script("the stock client in Go", [program, cable.url, encoding]);
    await follow(told, "websocket", server, cable);
    expect(await told.exited()).toBe(0);
  },
);

describeInBrowser("the stock client in Chromium", (windows) => {
  test.each(ways)("[RC42] over %s", async (way) => {
    await using server = await startOpenServer(enabled);
    await using cable = await Cable.to(server.url);
    const url = cable.url.replace("ws", "http");
    const { page } = await windows.open(url);
    const told = new Inbox<Told>("the stock client in Chromium", (each) => JSON.stringify(each));
    await page.exposeFunction("tell", (what: string, value: unknown) => told.push({ what, value: value ?? null }));
    const bundle = await Bun.build({
      entrypoints: [join(import.meta.dir, "transports-in-browser.mjs")],
      format: "iife",
    });
    // Code of a debugger is not bound by the policy of the page.
    await page.evaluate((await bundle.outputs[0]?.text()) ?? "");
    const conversation = page.evaluate(`converse(${JSON.stringify({ way, url })})`);
    await follow(told, way, server, cable);
    await conversation;
  });
});
