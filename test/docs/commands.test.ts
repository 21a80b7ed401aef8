import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Glob } from "bun";
import { type RunningServer, startServer } from "../../src/server.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { testTimeout } from "../support/patience.ts";
import { freshPushPath } from "../support/push-path.ts";
import { skipping } from "../support/skipping.ts";

setDefaultTimeout(testTimeout);

const isWithoutCurl = Bun.which("curl") === null;

/** The blocks of a language in the documentation, with their pages. */
const blocks = async (language: string) => {
  const pages = [...new Glob("docs/**/*.md").scanSync()].sort();
  const texts = await Promise.all(pages.map(async (page) => [page, await Bun.file(page).text()] as const));
  return texts.flatMap(([page, text]) =>
    [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, code = ""]) => [page, code]),
  ) as (readonly [page: string, code: string])[];
};

const commands = (await blocks("sh")).filter(([, code]) => code.startsWith("curl"));
const scripts = await blocks("js");

describe.skipIf(isWithoutCurl)(`commands${skipping(isWithoutCurl ? "curl is not installed" : null)}`, () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(
      {
        http_server: { port: 0 },
        http_api: { key: "secret" },
        uni_sse: { enabled: true },
        push_log: { path: freshPushPath() },
        engine: { type: "memory" },
      },
      { profile: "development", log: new CapturedLog("error").log },
    );
  });
  afterAll(() => server?.stop());

  test.each(commands)("[RM10] the command of %s is answered", async (_, code) => {
    const here = code.replaceAll("localhost:8080", new URL(server.url).host);
    const child = Bun.spawn(["sh", "-c", here], { env: { ...process.env, KEY: "secret" }, stderr: "ignore" });
    let text = "";
    for await (const chunk of child.stdout) {
      text += new TextDecoder().decode(chunk);
      // A stream does not end by itself.
      if (/\}\s*$/.test(text)) break;
    }
    child.kill();
    expect(text).toMatch(/"result":|"connect":|data: \{/);
    expect(text).not.toContain('"error"');
  });
});

test.each(scripts)("[RM10] the script of %s can be parsed", (_, code) => {
  expect(() => new Bun.Transpiler({ loader: "js" }).scan(code)).not.toThrow();
});
