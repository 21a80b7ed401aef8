import { expect, test } from "bun:test";
import { Inbox } from "../support/inbox.ts";
import { describeSlow } from "../support/slow.ts";

/** Another process that listens at a port, and leaves it. */
class Listener implements AsyncDisposable {
  readonly said = new Inbox<string>("a line of the listener", (line) => line);
  readonly #child = Bun.spawn([process.execPath, `${import.meta.dir}/listener.ts`], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });

  constructor() {
    void this.#read();
  }

  async does(line: string): Promise<void> {
    this.#child.stdin.write(`${line}\n`);
    this.#child.stdin.flush();
    expect(await this.said.next()).toBe(line);
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.said.push(line);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

describeSlow("a listener that leaves its port to another process", () => {
  test.skipIf(process.platform !== "linux")(
    "[MP6] connections that begin while it leaves come to the other one, and none is refused",
    async () => {
      await using leaving = new Listener();
      const port = Number(await leaving.said.next());
      // A connection for each.
      const ask = async () => (await fetch(`http://127.0.0.1:${port}`, { keepalive: false })).text();
      expect(await ask()).toBe("the one that leaves");
      await leaving.does("hold");
      const begun = Array.from({ length: 32 }, ask);
      await using _ = Bun.serve({
        hostname: "127.0.0.1",
        port,
        reusePort: true,
        fetch: () => new Response("the other one"),
      });
      await leaving.does("leave");
      expect(new Set(await Promise.all(begun))).toEqual(new Set(["the other one"]));
    },
  );
});
