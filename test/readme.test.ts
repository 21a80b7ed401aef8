import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Glob } from "bun";
import { Centrifuge } from "centrifuge";
import { defaultText, listOptions } from "../src/config/option-list.ts";
import { parseConfig } from "../src/config/parse.ts";
import { type RunningServer, startServer } from "../src/server.ts";
import { architecturePath, diagrams } from "./docs/diagrams.ts";
import { CapturedLog } from "./support/captured-log.ts";
import { Inbox } from "./support/inbox.ts";
import { testTimeout } from "./support/patience.ts";
import { skipping } from "./support/skipping.ts";

setDefaultTimeout(testTimeout);

const readme = await Bun.file("README.md").text();
const architecture = await Bun.file(architecturePath).text();
const limitsPage = await Bun.file("docs/reference/limits.md").text();

const isWithoutCurl = Bun.which("curl") === null;
const remark = skipping(isWithoutCurl ? "curl is not installed" : null);

describe("the README", () => {
  test("[RM1] the page of the architecture shows the machines as they are: `bun run test/docs/diagrams.ts`", () => {
    const shown = [...architecture.matchAll(/```mermaid\n([\s\S]*?)\n```/g)].map(([, text]) => text);
    expect(shown).toEqual([...diagrams()]);
  });

  test("[RM3] the page of limits names every limit that there is, with its default, and nothing else", () => {
    const rows = [...limitsPage.matchAll(/^\| `([^`]+)` +\| (?:`([^`]+)`|([^|]*[^| ])) +\| \S/gm)].map(
      ([, path = "", value, words = ""]) => [path, value ?? words],
    );
    const options = listOptions().map((option) => [option.path.join("."), defaultText(option)]);
    const named = new Set(rows.map(([path]) => path));
    const isLimit = /(?:_limit|_max_size|_max_bytes|_timeout|\.max_length|\.timeout|^push_(?:log|queue)\.size)$/;
    // The timeout of one hook stands for those of all.
    const isRepeated =
      /proxy\.(?:refresh|connected|disconnect|subscribe|publish|sub_refresh|unsubscribe|channel_state|timeout)/;
    const limits = options.filter(([path = ""]) => named.has(path) || (isLimit.test(path) && !isRepeated.test(path)));
    expect(limits.sort()).toEqual(rows.sort());
  });

  test("[RM4] the page of the architecture explains every dependency", async () => {
    const { dependencies, devDependencies } = await Bun.file("package.json").json();
    const missing = [...Object.keys(dependencies), ...Object.keys(devDependencies)].filter(
      (name) => !architecture.split("\n").some((line) => line.startsWith("| `") && line.includes(`\`${name}\``)),
    );
    expect(missing).toEqual([]);
  });

  test("[RM5] the page of the architecture shows every room, and none that is not there", () => {
    const [, section = ""] = architecture.split("\n| room ");
    const [table = ""] = section.split("\n\n");
    const named = [...table.matchAll(/`((?:src|actors)\/[^`]*)`/g)].map(([, path = ""]) => path);
    const files = ["src", "actors"].flatMap((root) => [...new Glob(`${root}/**/*.ts`).scanSync()]);
    expect(files.filter((file) => !named.some((path) => file.startsWith(path)))).toEqual([]);
    expect(named.filter((path) => !files.some((file) => file.startsWith(path)))).toEqual([]);
  });

  test("installs the Bun that the package asks for", async () => {
    const { engines } = await Bun.file("package.json").json();
    const versions = [...readme.matchAll(/bun@([\d.]+)/g)].map(([, version]) => `>=${version}`);
    expect(versions).toEqual([engines.bun, engines.bun]);
    // npm's global folder belongs to root on most systems.
    expect(readme).not.toMatch(/npm (?:install|i) (?:.* )?(?:-g|--global)/);
  });

  test("[RM7] shows a configuration that is valid and warns of nothing", () => {
    const [, text = ""] = /```json\n([\s\S]*?)\n```/.exec(readme) ?? [];
    expect(parseConfig(JSON.parse(text), "file")).toMatchObject({ ok: true, value: { warnings: [] } });
  });
});

describe("what the README has one paste", () => {
  const log = new CapturedLog();
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(
      {
        http_server: { port: 0 },
        http_api: { key: "secret" },
        push_log: { enabled: false },
        engine: { type: "memory" },
      },
      { profile: "development", log: log.log },
    );
  });
  afterAll(() => server?.stop());

  test("[RM8] two bare WebSockets hear each other", async () => {
    await using first = new Pasted(fenced("js", 0), server.url);
    await log.next("connection.authenticated", { dialect: "plain" });
    await using _second = new Pasted(fenced("js", 0), server.url);
    expect(await first.nextLine()).toBe("hello");
  });

  test.skipIf(isWithoutCurl)(`[RM8] a stock client hears what curl publishes${remark}`, async () => {
    const { promise: joined, resolve } = Promise.withResolvers<void>();
    const witness = new Centrifuge(`${server.url.replace("http", "ws")}/connection/websocket`);
    const news = witness.newSubscription("news", { joinLeave: true });
    const subscribed = new Promise<void>((done) => news.on("subscribed", () => done()));
    let own = "";
    witness.on("connected", ({ client }) => {
      own = client;
    });
    news.on("join", ({ info }) => info.client !== own && resolve());
    news.subscribe();
    witness.connect();
    await subscribed;
    await using client = new Pasted(
      fenced("js", 1).replace("console.log(data)", "console.log(JSON.stringify(data))"),
      server.url,
    );
    await joined;
    const curl = new Pasted(fenced("sh", 2), server.url, "sh");
    expect(JSON.parse(await curl.nextLine())).toMatchObject({ result: { offset: 1 } });
    expect(JSON.parse(await client.nextLine())).toEqual({ hello: 1 });
    witness.disconnect();
  });
});

/** What stands between the fences of a language: the one at the index. */
function fenced(language: string, index: number): string {
  const [, text] = [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`$`, "gm"))][index] ?? [];
  if (text === undefined) throw new Error(`The README has no ${language} at ${index}.`);
  return text;
}

/** A snippet that runs as a reader would run it, but for the address; its stdout, line by line. */
class Pasted implements AsyncDisposable {
  readonly #lines = new Inbox<string>("stdout of the snippet", (line) => line);
  readonly #process: Bun.Subprocess<Blob, "pipe", "ignore">;

  constructor(text: string, url: string, shell: "bun" | "sh" = "bun") {
    const here = text.replaceAll("localhost:8080", new URL(url).host);
    const command = shell === "sh" ? ["sh"] : ["bun", "run", "-"];
    this.#process = Bun.spawn(command, { stdin: new Blob([here]), stdout: "pipe", stderr: "ignore" });
    void this.#read();
  }

  nextLine(): Promise<string> {
    return this.#lines.next();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#process.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#lines.push(line);
    }
    if (rest !== "") this.#lines.push(rest);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }
}
