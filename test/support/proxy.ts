import { join } from "node:path";
import { certificate, certificateKey } from "./certificate.ts";
import { TemporaryFolder } from "./folder.ts";
import { patience } from "./patience.ts";

const examples = join(import.meta.dir, "..", "..", "deploy", "proxies");

/** What a browser sends with a request of a page of the public name. */
export const publicHeaders = { Host: "chat.example", Origin: "https://chat.example" };
/** The certificate is self-signed. */
export const tls = { rejectUnauthorized: false };

/** What is replaced in an example, so that it runs beside others and without root. */
export type Replacement = readonly [from: string, to: string];

/** A real proxy that runs one of our examples in front of a server. */
export class TestProxy implements AsyncDisposable {
  /** `https://127.0.0.1:54321`; its certificate is self-signed. */
  readonly url: string;
  readonly #process: Bun.Subprocess;
  readonly #folder: TemporaryFolder;

  private constructor(url: string, process: Bun.Subprocess, folder: TemporaryFolder) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  static async nginx(upstream: string, replaced: readonly Replacement[] = []): Promise<TestProxy> {
    return TestProxy.#start({ upstream, file: "nginx.conf", replaced }, ({ example, port, folder }) => {
      const site = example
        .replace("listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`)
        .replaceAll("/etc/letsencrypt/live/chat.example/", `${folder}/`);
      const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((n) => `${n}_temp_path ${folder}/${n};`);
      const text = `daemon off; master_process off; pid ${folder}/pid; error_log stderr warn; events {}
        http { access_log off; ${paths.join(" ")}\n${site}\n}`;
      return { text, command: ["nginx", "-c", `${folder}/config`, "-e", "stderr"] };
    });
  }

  static async caddy(upstream: string, replaced: readonly Replacement[] = []): Promise<TestProxy> {
    return TestProxy.#start({ upstream, file: "Caddyfile", replaced }, ({ example, port, folder }) => {
      const tls = `\tbind 127.0.0.1\n\ttls ${folder}/fullchain.pem ${folder}/privkey.pem`;
      const site = example.replace("\nchat.example {", `\nhttps://chat.example:${port} {\n${tls}`);
      const text = `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`;
      return { text, command: ["caddy", "run", "--config", `${folder}/config`, "--adapter", "caddyfile"] };
    });
  }

  static async haproxy(upstream: string, replaced: readonly Replacement[] = []): Promise<TestProxy> {
    return TestProxy.#start({ upstream, file: "haproxy.cfg", replaced }, ({ example, port, folder }) => ({
      text: example
        .replace("bind :443 ", `bind 127.0.0.1:${port} `)
        .replace("/etc/haproxy/chat.example.pem", `${folder}/both.pem`),
      command: ["haproxy", "-db", "-f", `${folder}/config`],
    }));
  }

  static async #start(
    { upstream, file, replaced }: { upstream: string; file: string; replaced: readonly Replacement[] },
    configure: (place: { example: string; port: number; folder: string }) => { text: string; command: string[] },
  ): Promise<TestProxy> {
    const folder = await TemporaryFolder.create();
    const port = freePort();
    let example = (await Bun.file(join(examples, file)).text()).replaceAll("127.0.0.1:8080", new URL(upstream).host);
    for (const [from, to] of replaced) {
      if (!example.includes(from)) throw new Error(`${file} has no "${from}".`);
      example = example.replace(from, to);
    }
    const { text, command } = configure({ example, port, folder: folder.path });
    await Bun.write(join(folder.path, "config"), text);
    await Bun.write(join(folder.path, "fullchain.pem"), certificate);
    await Bun.write(join(folder.path, "privkey.pem"), certificateKey);
    await Bun.write(join(folder.path, "both.pem"), certificate + certificateKey);
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
    const child = Bun.spawn(command, {
      env,
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(`${folder.path}/log`),
    });
    const proxy = new TestProxy(`https://127.0.0.1:${port}`, child, folder);
    await proxy.#ready();
    return proxy;
  }

  /** A request for the public name. */
  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(this.url + path, { headers: { Host: publicHeaders.Host, ...headers }, tls, redirect: "manual" });
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + patience;
    for (;;) {
      const isThere = await this.get("/healthz").then(
        () => true,
        () => false,
      );
      if (isThere) return;
      if (this.#process.exitCode !== null || performance.now() > deadline) {
        throw new Error(`The proxy does not answer:\n${await Bun.file(join(this.#folder.path, "log")).text()}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
    await this.#folder[Symbol.asyncDispose]();
  }
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}
