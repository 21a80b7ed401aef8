import type { ConfigInput } from "../../src/config/config.ts";
import { mergeTrees, type Tree } from "../../src/config/tree.ts";
import { CapturedLog } from "./captured-log.ts";
import { openHouse } from "./open-house.ts";
import { patience } from "./patience.ts";
import { scrape } from "./scrape.ts";
import { type StartedServer, startWithParts, type TestStartOptions } from "./start.ts";

/** A server for tests: the production one on a free port of 127.0.0.1, with its log in memory. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:54321` */
  readonly url: string;
  /** `ws://127.0.0.1:54321` */
  readonly ws: string;
  /** The same as `url` of the port for the inside; null where there is none. */
  readonly internalUrl: string | null;
  readonly log: CapturedLog;
  readonly node: StartedServer["node"];
  /** The in-process operations. */
  readonly api: StartedServer;
  /** Drains and stops it; doing so twice is fine. */
  stop(): Promise<{ readonly cut: number }>;
  /** The value of a metric, whose name may carry labels: `chorus_closed_total{code="1002"}`; 0 where it is not there. */
  metric(name: string): Promise<number>;
  /** Asks for a metric again and again until it has at least this value; fails after `patience`. */
  untilMetric(name: string, value: number): Promise<void>;
}

/**
 * Starts the production server on a free port. `config` has the shape of the configuration file and is laid over one
 * under which anonymous clients may talk and no rate is limited. Stop it after the test: `await using` does.
 */
export async function startTestServer(
  config: ConfigInput & Tree = {},
  options: TestStartOptions = {},
): Promise<TestServer> {
  const log = new CapturedLog();
  const server = startWithParts(mergeTrees(openHouse, config), { log: log.log, ...options });
  let stopped: ReturnType<StartedServer["stop"]> | null = null;
  const stop = () => {
    stopped ??= server.stop();
    return stopped;
  };
  const metric = async (name: string) => sampleOf(await scrape(server.url), name);
  return {
    url: server.url,
    ws: server.url.replace(/^http/, "ws"),
    internalUrl: server.internalUrl,
    log,
    node: server.node,
    api: server,
    stop,
    metric,
    untilMetric: async (name, value) => {
      const deadline = performance.now() + patience;
      for (let last = await metric(name); last < value; last = await metric(name)) {
        if (performance.now() > deadline) throw new Error(`${name} is ${last} after ${patience} ms, not ${value}.`);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

/** The value of one line of the Prometheus text format. */
function sampleOf(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}
