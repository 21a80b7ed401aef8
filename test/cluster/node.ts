import { mergeTrees, type Tree } from "../../src/config/tree.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import type { JsonObject } from "../support/json.ts";
import { patience } from "../support/patience.ts";
import { ChorusProcess } from "../support/process.ts";
import type { TestRedis } from "../support/redis.ts";
import { secret } from "../support/tokens.ts";

/** A node in a process of its own, on a Redis that others use too. */
export class ClusterNode implements AsyncDisposable {
  readonly process: ChorusProcess;
  readonly url: string;

  private constructor(process: ChorusProcess, url: string) {
    this.process = process;
    this.url = url;
  }

  /** Starts it, and waits until it takes clients. `port`: of Redis, or of what stands in front of it. */
  static start(redis: TestRedis, port = redis.port, channel: JsonObject = {}): Promise<ClusterNode> {
    return ClusterNode.startOn(redis.engine(port), { without_namespace: channel });
  }

  /** Starts it on what `shared` configures. */
  static async startOn(shared: Tree, channel: Tree = {}, more: Tree = {}): Promise<ClusterNode> {
    const base = {
      http_server: { port: 0 },
      client: { insecure: true, token: { hmac_secret_key: secret } },
      http_api: { insecure: true },
      http_stream: { enabled: true },
      channel: { without_namespace: { history_size: 100, history_ttl: "300s", force_recovery: true } },
    };
    const config = [shared, { channel }, more].reduce((merged, part) => mergeTrees(merged, part), base);
    const process = await ChorusProcess.spawn({ config });
    const node = new ClusterNode(process, await process.url());
    await node.until(200);
    return node;
  }

  /** Waits until `/readyz` answers so. */
  async until(status: number): Promise<void> {
    const deadline = performance.now() + patience;
    for (;;) {
      const { status: answered } = await fetch(`${this.url}/readyz`);
      if (answered === status) return;
      if (performance.now() > deadline) throw new Error(`/readyz is ${answered}, not ${status}.`);
    }
  }

  /** A client that is connected. */
  connect(request: JsonObject = {}): Promise<CentrifugeProbe> {
    return CentrifugeProbe.connect(this.url.replace("http", "ws"), request);
  }

  /** Calls a method of the API; the result, or the error. */
  async api(method: string, params: JsonObject): Promise<JsonObject> {
    const body = JSON.stringify(params);
    const response = await fetch(`${this.url}/api/${method}`, { method: "POST", body });
    const { result, error } = (await response.json()) as { result?: JsonObject; error?: JsonObject };
    return result ?? { error: error ?? null };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}
