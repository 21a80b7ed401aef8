import { expect, setDefaultTimeout, test } from "bun:test";
import { pathToFileURL } from "node:url";
import { CapturedLog } from "../support/captured-log.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { testTimeout } from "../support/patience.ts";
import { startWithParts } from "../support/start.ts";

setDefaultTimeout(testTimeout);

const guide = await Bun.file(`${import.meta.dir}/../../docs/guides/lifecycle-events.md`).text();
const block = (language: string) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(guide)?.[1] ?? "";

test("the guide of lifecycle events: its back end knows who is online", async () => {
  await using folder = await TemporaryFolder.create();
  const path = `${folder.path}/backend.ts`;
  // The answer tells the test that a request was taken.
  const code = block("ts")
    .replace("Bun.serve(", "export const taken: (() => void)[] = [];\nexport const server = Bun.serve(")
    .replace("port: 3000", "port: 0")
    .replace("return new Response()", "for (const tell of taken) tell();\n      return new Response()");
  await Bun.write(path, code);
  const { server: backend, online, taken } = await import(pathToFileURL(path).href);
  const server = startWithParts(
    {
      ...JSON.parse(block("json").replaceAll("127.0.0.1:3000", `127.0.0.1:${backend.port}`)),
      http_server: { port: 0 },
      engine: { type: "memory" },
      event_outbox: { path: `${folder.path}/events.db`, batch_interval: "10ms" },
    },
    { log: new CapturedLog().log, profile: "development" },
  );
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise<void>((resolve) => taken.push(resolve));
  };
  try {
    const client = await CentrifugeProbe.connect(server.url.replace("http", "ws"));
    await until(() => online.has(client.client));
    client[Symbol.dispose]();
    await until(() => !online.has(client.client));
    expect(online.size).toBe(0);
  } finally {
    await server.stop();
    await backend.stop(true);
  }
});
