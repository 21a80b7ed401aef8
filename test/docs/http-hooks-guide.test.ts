import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHmac } from "node:crypto";
import { pathToFileURL } from "node:url";
import { CapturedLog } from "../support/captured-log.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { testTimeout } from "../support/patience.ts";
import { startWithParts } from "../support/start.ts";

setDefaultTimeout(testTimeout);

const guide = await Bun.file(`${import.meta.dir}/../../docs/guides/http-hooks.md`).text();
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g"))].map(([, code = ""]) => code);

describe("the guide of HTTP hooks", () => {
  let folder: TemporaryFolder;
  beforeAll(async () => {
    folder = await TemporaryFolder.create();
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  async function run(name: string, code: string) {
    const path = `${folder.path}/${name}.ts`;
    await Bun.write(path, code);
    return import(pathToFileURL(path).href);
  }

  test("its back end and its configuration work together", async () => {
    const [code = ""] = blocks("ts");
    const own = code.replace("Bun.serve(", "export const server = Bun.serve(").replace("port: 3000", "port: 0");
    const { server: backend } = await run("backend", own);
    const [config = ""] = blocks("json");
    const server = startWithParts(
      {
        ...JSON.parse(config.replaceAll("127.0.0.1:3000", `127.0.0.1:${backend.port}`)),
        http_server: { port: 0 },
      },
      { log: new CapturedLog().log },
    );
    try {
      const url = server.url.replace("http", "ws");
      using ann = await CentrifugeProbe.connect(url, {}, { headers: { cookie: "session=1" } });
      expect(await ann.ask("subscribe", { channel: "chat:ben" })).toMatchObject({ error: { code: 403 } });
      expect(await ann.ask("subscribe", { channel: "chat:ann" })).toMatchObject({ subscribe: {} });
      await ann.ask("rpc", { method: "m", data: 1 });
      using stranger = await CentrifugeProbe.open(url);
      stranger.send({ id: 1, connect: {} });
      expect(await stranger.next()).toEqual({ closed: { code: 4501, reason: "unauthorized" } });
    } finally {
      await server.stop();
      await backend.stop(true);
    }
  });

  test("its check of signatures accepts the right one alone", async () => {
    const { isSigned } = await run("signature", blocks("ts")[1] ?? "");
    const now = 1_700_000_000_000;
    const time = now / 1000;
    const digest = createHmac("sha256", "key").update(`${time}.{}`).digest("hex");
    const header = `t=${time},v1=00,v1=${digest}`;
    expect(isSigned(header, "{}", "key", now)).toBe(true);
    expect(isSigned(header, "{} ", "key", now)).toBe(false);
    expect(isSigned(header, "{}", "other", now)).toBe(false);
    expect(isSigned(header, "{}", "key", now + 301_000)).toBe(false);
  });
});
