import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { TemporaryFolder } from "../support/folder.ts";

// Packages are installed, which takes as long as a registry does.
setDefaultTimeout(120_000);

const readme = await Bun.file("README.md").text();

/** The application that the README shows. */
const shown = /```ts\n(import \{ startServer \} from "chorus";\n[\s\S]*?)```/.exec(readme)?.[1] ?? "";

/** An application that uses more of the door, and holds the compiler to the types that it promises. */
const typed = `
import { isOperationError, type RunningServer, type ServerConfig, startServer } from "chorus";
const config: ServerConfig = { http_server: { port: 0 }, engine: { type: "memory" } };
// @ts-expect-error: the engine has no such type.
const wrong: ServerConfig = { engine: { type: "disk" } };
const server: RunningServer = await startServer(config);
const page = await fetch(server.url);
console.log(page.status, page.headers.get("content-type"), wrong.engine?.type);
try {
  await server.publish("nowhere:x", { hello: 1 });
} catch (error) {
  if (isOperationError(error)) console.log(error.code.toFixed(), error.message.toUpperCase());
}
const { connections, queued } = await server.send({ user: "ann" }, [1, "2", null]);
console.log(connections.toFixed(), queued === false);
// @ts-expect-error: a message is for somebody.
const nobody = () => server.send("ann", 1);
await server.stop();
console.log(typeof nobody);
`;

/** What the server does with a key that it was not given, and where it is. */
const alone = `
import { startServer } from "chorus";
const server = await startServer({ http_server: { port: 0 }, log: { level: "none" } });
const { status } = await fetch(server.url + "/api/info?api_key=sesame", { method: "POST", body: "{}" });
console.log(status, new URL(server.url).port === "1");
await server.stop();
`;

let folder: TemporaryFolder;

/** Runs a command in the folder, in an environment with options that are none of a server's in a process. */
async function run(...command: readonly string[]): Promise<string> {
  const env = { ...process.env, CHORUS_HTTP_SERVER_PORT: "1", CHORUS_HTTP_API_KEY: "sesame" };
  const child = Bun.spawn([...command], { cwd: folder.path, env, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed:\n${out}${err}`);
  return out;
}

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  const pack = ["bun", "pm", "pack", "--destination", folder.path, "--ignore-scripts", "--quiet"];
  if ((await Bun.spawn(pack, { stdout: "ignore" }).exited) !== 0) throw new Error("Chorus cannot be packed.");
  const tarball = [...new Bun.Glob("*.tgz").scanSync(folder.path)][0] ?? "";
  const manifest = { type: "module", dependencies: { chorus: `./${tarball}` } };
  await Bun.write(join(folder.path, "package.json"), JSON.stringify(manifest));
  await run("bun", "install");
});

afterAll(() => folder[Symbol.asyncDispose]());

test("[AP50] packed and installed elsewhere it serves the ten lines that the README shows", async () => {
  expect(shown.trim().split("\n").length).toBeLessThanOrEqual(11);
  await Bun.write(join(folder.path, "shown.ts"), shown);
  expect(await run("bun", "run", "shown.ts")).toBe('{"hello":"world"}\n');
});

test("[AP55] neither the environment nor a file in its folder changes what it is told", async () => {
  await Bun.write(join(folder.path, "config.json"), JSON.stringify({ http_api: { key: "sesame" } }));
  await Bun.write(join(folder.path, "alone.ts"), alone);
  expect(await run("bun", "run", "alone.ts")).toBe("404 false\n");
});

test("its page and its types come along: what an application gets wrong the compiler tells", async () => {
  const types = { types: ["bun"], typeRoots: [join(process.cwd(), "node_modules/@types")] };
  const compilerOptions = {
    ...types,
    lib: ["ESNext"],
    target: "ESNext",
    module: "Preserve",
    moduleResolution: "bundler",
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
  };
  await Bun.write(join(folder.path, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  await Bun.write(join(folder.path, "typed.ts"), typed);
  expect(await run(join(process.cwd(), "node_modules/.bin/tsc"), "-p", ".")).toBe("");
  expect((await run("bun", "run", "typed.ts")).split("\n")).toEqual([
    "200 text/html;charset=utf-8 disk",
    "102 UNKNOWN CHANNEL",
    "0 true",
    "function",
    "",
  ]);
});
