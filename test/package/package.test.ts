import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import { accept, chorus, refuse } from "chorus";
import { chat } from "../../examples/chat/contract.ts";
import { startApp } from "../application/support.ts";
import { skipping } from "../support/skipping.ts";
import { readGuides } from "./guide.ts";
import { PackedProject } from "./project.ts";

// Packages are installed, which takes as long as a registry does.
setDefaultTimeout(120_000);

const readme = await Bun.file("README.md").text();

/** The application that the README shows. */
const shown = /```ts\n(import \{ startServer \} from "chorus";\n[\s\S]*?)```/.exec(readme)?.[1] ?? "";

/** The application with handlers that it shows first. */
const first = /```ts\n(import \{ Centrifuge \} from "centrifuge";\n[\s\S]*?)```/.exec(readme)?.[1] ?? "";

const guides = await readGuides();

/** An application that uses more of the public door. */
const embedded = `
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

/** The contract and the typed client in Node, against the chat at the address that is the first argument. */
const inNode = `
import { Centrifuge } from "centrifuge";
import { createClient } from "chorus/client";
import { chat } from "./contract.js";
const websocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const client = createClient(chat, new Centrifuge(process.argv[2], { websocket, token: "ann" }));
const room = client.channel("room", { room: "a" });
const told = (result) => console.log(JSON.stringify(result.ok ? result.value : result.error.code));
const next = (target, event) => new Promise((resolve) => target.on(event, resolve));
told(await room.publish({ text: "" }));
const publication = next(room, "publication");
console.log((await room.subscribe()).value.welcome.topic);
told(await room.publish({ text: " hello " }));
console.log((await publication).data.text);
told(await room.publish({ text: "again" }));
told(await client.call("hide", { room: "a", id: "1" }));
told(await client.call("hide", { room: "a", id: "2" }));
const warned = next(client, "warned");
told(await client.send("typing", { room: "a" }));
console.log((await warned).reason);
client.centrifuge.disconnect();
`;

/** A server of that chat, which takes the token for the user's name. */
const chatServer = chorus(chat)
  .authenticate(({ token }) => accept({ user: token ?? "", session: null }))
  .handle({
    channels: {
      room: {
        subscribe: () => ({ ok: true, info: { name: "Ann", avatar: null }, welcome: { topic: "Node", canPost: true } }),
        publish: ({ data: { text }, connection: { user } }) =>
          text === "again" ? refuse("slow_mode") : { ok: true, data: { id: "1", text, by: user, at: 0 } },
      },
    },
    calls: { hide: { handle: ({ id }) => (id === "1" ? { hidden: true } : refuse("no_such_message")) } },
    sends: { typing: ({ room }, { connection }) => connection.send("warned", { reason: `typing in ${room}` }) },
  });

/** Node 22 or newer, where the system has an older one. */
const node = process.env["CHORUS_TEST_NODE"] || "node";

const isOn = process.env["CHORUS_TEST_PACKAGE"] === "1";
/** A project that installs the package, its programs and four compilers take twenty seconds. */
const remark = skipping(isOn ? null : "CHORUS_TEST_PACKAGE=1 packs and installs Chorus");

const compilers = {
  "5.9": join(process.cwd(), "node_modules/typescript-5/bin/tsc"),
  "7": join(process.cwd(), "node_modules/typescript/bin/tsc"),
};

const resolutions = ["nodenext", "bundler"] as const;

let project: PackedProject;

describe.skipIf(!isOn)(`the package${remark}`, () => {
  beforeAll(async () => {
    project = await PackedProject.create();
    for (const name of new Glob("*/*.ts").scanSync("examples")) {
      if (!name.startsWith("mounting"))
        await project.write(`examples/${name}`, await Bun.file(`examples/${name}`).text());
    }
    await project.write("checks/x/types.ts", await Bun.file("test/package/types.ts").text());
    await project.write("embedded.ts", embedded);
    await project.write("guides/first/main.ts", first);
    for (const { name, files } of guides) {
      for (const [file, code] of files) {
        if (!file.includes("/")) await project.write(`guides/${name}/${file}`, code);
      }
    }
  });

  afterAll(() => project?.[Symbol.asyncDispose]());

  test("[AP50] packed and installed elsewhere it serves the ten lines that the README shows", async () => {
    expect(shown.trim().split("\n").length).toBeLessThanOrEqual(11);
    await project.write("shown.ts", shown);
    expect(await project.run("bun", "run", "shown.ts")).toBe('{"hello":"world"}\n');
  });

  test("[GU1] the application that the README shows first runs", async () => {
    expect(await project.run("bun", "run", "guides/first/main.ts")).toBe(
      "ann: hello\n{\n  ok: true,\n  value: 1,\n}\n",
    );
  });

  const programs = guides.filter(({ files }) => files.has("main.ts")).map((guide) => [guide.name, guide] as const);

  test.each(programs)("[GU1] the program of the guide %s prints what the guide says", async (name, { output }) => {
    expect(await project.run("bun", "run", `guides/${name}/main.ts`)).toBe(output);
  });

  test("[GU1] the test that a guide shows passes", async () => {
    const tests = guides.flatMap(({ name, files }) => [...files.keys()].map((file) => `guides/${name}/${file}`));
    for (const file of tests.filter((file) => file.endsWith(".test.ts"))) await project.run("bun", "test", `./${file}`);
  });

  test("[GU1] examples that guides show are those of the repository", async () => {
    for (const [file, code] of guides.flatMap(({ files }) => [...files]).filter(([file]) => file.includes("/"))) {
      expect(code).toBe(await Bun.file(file).text());
    }
  });

  test("[AP55] neither the environment nor a file in its folder changes what it is told", async () => {
    await project.write("config.json", { http_api: { key: "sesame" } });
    await project.write("alone.ts", alone);
    expect(await project.run("bun", "run", "alone.ts")).toBe("404 false\n");
  });

  test("its page comes along, and its operations", async () => {
    expect((await project.run("bun", "run", "embedded.ts")).split("\n")).toEqual([
      "200 text/html;charset=utf-8 disk",
      "102 UNKNOWN CHANNEL",
      "0 true",
      "function",
      "",
    ]);
  });

  test.each(resolutions)(
    `[PK1] TypeScript 5.9 with moduleResolution %s finds no error in a project that uses it`,
    (resolution) => compiles("5.9", resolution),
  );

  test.each(resolutions)(
    "[PK1] TypeScript 7 with moduleResolution %s finds no error in a project that uses it",
    (resolution) => compiles("7", resolution),
  );

  test("[PK2] contract and client use nothing of Bun: in Node they publish, call and listen on a running server", async () => {
    const contract = await Bun.build({
      entrypoints: ["examples/chat/contract.ts"],
      external: ["chorus/contract", "valibot"],
      target: "node",
    });
    await project.write("contract.js", (await contract.outputs[0]?.text()) ?? "");
    await project.write("node.js", inNode);
    await using app = await startApp(chatServer);
    const output = await project.run(node, "node.js", `${app.ws}/connection/websocket`);
    expect(output.trimEnd().split("\n")).toEqual([
      '"invalid_input"',
      "Node",
      "null",
      "hello",
      '"slow_mode"',
      '{"hidden":true}',
      '"no_such_message"',
      "null",
      "typing in a",
    ]);
  });

  test("[PK3] the package has the command `chorus`, and its declarations name no file of ours", async () => {
    expect(await project.run("bun", "x", "chorus", "--version")).toMatch(/^\d+\.\d+\.\d+/);
    const files = [...new Glob("node_modules/chorus/dist/*.d.ts").scanSync(project.path)];
    expect(files).toHaveLength(3);
    for (const file of files) {
      const text = await Bun.file(join(project.path, file)).text();
      const modules = [...text.matchAll(/from "([^"]+)"/g)].map(([, module]) => module);
      const known = ["./contract.js", "@standard-schema/spec", "centrifuge"];
      expect(modules.filter((module = "") => !known.includes(module))).toEqual([]);
    }
  });
});

/** Compiles the examples, the checks and an embedding application. */
async function compiles(version: keyof typeof compilers, resolution: (typeof resolutions)[number]): Promise<void> {
  const compilerOptions = {
    target: "ESNext",
    lib: ["ESNext", "DOM"],
    module: resolution === "nodenext" ? "nodenext" : "preserve",
    moduleResolution: resolution,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    types: ["bun"],
  };
  const name = `tsconfig.${version}.${resolution}.json`;
  await project.write(name, { compilerOptions, include: ["examples", "checks", "guides", "embedded.ts"] });
  expect(await project.run("bun", "run", compilers[version], "-p", name)).toBe("");
}
