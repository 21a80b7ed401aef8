import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import type { JsonObject } from "../support/json.ts";
import { ChorusProcess } from "../support/process.ts";
import { secret } from "../support/tokens.ts";

/** A node of several processes. */
export class ProcessNode implements AsyncDisposable {
  #current: { readonly process: ChorusProcess; readonly url: string };
  /** The ids of the worker processes, by number. */
  readonly workers = new Map<number, number>();

  private constructor(process: ChorusProcess, url: string) {
    this.#current = { process, url };
  }

  get process(): ChorusProcess {
    return this.#current.process;
  }

  get url(): string {
    return this.#current.url;
  }

  /** Starts a node with two workers, or as many as `config` says. */
  static async start(
    config: JsonObject = {},
    channel: JsonObject = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<ProcessNode> {
    const process = await ChorusProcess.spawn({ config: configOf(config, channel), env });
    const node = new ProcessNode(process, await process.url());
    const processes = (config["node"] as { processes?: number } | undefined)?.processes ?? 2;
    for (let n = 0; n < processes; n++) await node.nextWorker();
    return node;
  }

  /** The next worker that begins. */
  async nextWorker(): Promise<{ readonly worker: number; readonly pid: number }> {
    const line = await this.process.log.next("worker.started");
    const [worker, pid] = [Number(line["worker"]), Number(line["pid"])];
    this.workers.set(worker, pid);
    return { worker, pid };
  }

  /** Kills the parent, and starts the node again in its folder when its workers have ended. */
  async crash(): Promise<void> {
    this.process.signal("SIGKILL");
    await this.process.ended();
    const process = this.process.again();
    this.workers.clear();
    this.#current = { process, url: await process.url() };
  }

  /** Stops the node, and starts it again in its folder. */
  async restart(config: JsonObject): Promise<void> {
    this.process.signal("SIGTERM");
    await this.process.ended();
    await this.process.configure(config);
    const process = this.process.again();
    this.workers.clear();
    this.#current = { process, url: await process.url() };
  }

  /** A client that is connected, to a worker that the system chooses. */
  connect(request: JsonObject = {}): Promise<CentrifugeProbe> {
    return CentrifugeProbe.connect(this.url.replace("http", "ws"), request);
  }

  /** Clients of every worker: so many that one of them without any is less likely than 1 in 1,000. */
  async connectMany(request: JsonObject = {}): Promise<readonly CentrifugeProbe[]> {
    return await Promise.all(Array.from({ length: 12 }, () => this.connect(request)));
  }

  /** Calls a method of the API at some worker; the result, or the error. */
  async api(method: string, params: JsonObject = {}): Promise<JsonObject> {
    const body = JSON.stringify(params);
    // A connection of its own, so that the system chooses a worker for each call.
    const response = await fetch(`${this.url}/api/${method}`, { method: "POST", body, keepalive: false });
    const { result, error } = (await response.json()) as { result?: JsonObject; error?: JsonObject };
    return result ?? { error: error ?? null };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

/** The configuration of such a node. */
export function configOf(config: JsonObject = {}, channel: JsonObject = {}): JsonObject {
  const kept = { history_size: 100, history_ttl: "300s", force_recovery: true };
  return {
    http_server: { port: 0 },
    client: { insecure: true, token: { hmac_secret_key: secret } },
    http_api: { insecure: true },
    node: { processes: 2 },
    channel: { without_namespace: { ...kept, ...channel } },
    ...config,
  };
}
