import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const application = `
import { startServer } from "chorus";
const allow = { allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true };
const server = await startServer({
  http_server: { port: 0 },
  client: { allow_anonymous_connect_without_token: true },
  channel: { without_namespace: allow },
});
const socket = new WebSocket(server.url.replace("http", "ws") + "/ws?channel=news");
socket.onmessage = async ({ data }) => {
  const page = await fetch(server.url);
  console.log(data, page.status, page.headers.get("content-type"));
  await server.stop();
};
socket.onopen = () => server.publish("news", { hello: "world" });
`;

async function run(folder: string, command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { cwd: folder, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed:\n${out}${err}`);
  return out;
}

test("[AP50] packed and installed elsewhere it serves an application of ten lines, page and all", async () => {
  const folder = mkdtempSync(join(tmpdir(), "chorus-package-"));
  try {
    await run(process.cwd(), ["bun", "pm", "pack", "--destination", folder, "--ignore-scripts", "--quiet"]);
    const tarball = [...new Bun.Glob("*.tgz").scanSync(folder)][0] ?? "";
    await Bun.write(
      join(folder, "package.json"),
      JSON.stringify({ type: "module", dependencies: { chorus: `./${tarball}` } }),
    );
    await Bun.write(join(folder, "application.ts"), application);
    await run(folder, ["bun", "install"]);
    expect(await run(folder, ["bun", "run", "application.ts"])).toStartWith('{"hello":"world"} 200 text/html');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
