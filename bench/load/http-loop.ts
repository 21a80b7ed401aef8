import { type Counts, Histogram } from "../measure/histogram.ts";
import { cpuOf } from "../measure/process.ts";
import { payloadOf } from "../wire/payload.ts";
import { type Api, HttpCaller } from "./http-caller.ts";

/** Publishing through the HTTP API as fast as answers come, over some keep-alive connections. */
export interface HttpLoop {
  readonly api: Api;
  readonly connections: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly channel: string;
}

/** What came of it. */
export interface HttpResult {
  readonly requests: number;
  /** Milliseconds. */
  readonly elapsed: number;
  readonly loadCpu: number;
  readonly serverCpu: number;
  readonly latencies: Counts;
}

/** Runs it. */
export async function httpLoop(
  serverPid: number,
  { api, connections, duration, channel }: HttpLoop,
): Promise<HttpResult> {
  const latencies = new Histogram();
  const body = `{"channel":${JSON.stringify(channel)},"data":${payloadOf(0, 64)}}`;
  const done = Promise.withResolvers<void>();
  let end = Number.POSITIVE_INFINITY;
  let open = connections;
  const callers = Array.from({ length: connections }, () => {
    let sentAt = 0;
    const answered = () => {
      const now = Bun.nanoseconds();
      latencies.record(now - sentAt);
      if (now < end) return call();
      open -= 1;
      if (open === 0) done.resolve();
    };
    const caller = new HttpCaller(api, { answered, failed: done.reject });
    const call = () => {
      sentAt = Bun.nanoseconds();
      caller.post(body);
    };
    return { caller, call };
  });
  for (const { caller } of callers) await caller.open();
  const before = { load: cpuOf(process.pid), server: cpuOf(serverPid) };
  const began = Bun.nanoseconds();
  end = began + duration * 1e6;
  for (const { call } of callers) call();
  await done.promise;
  const elapsed = (Bun.nanoseconds() - began) / 1e6;
  for (const { caller } of callers) caller.close();
  return {
    requests: latencies.count,
    elapsed,
    loadCpu: cpuOf(process.pid) - before.load,
    serverCpu: cpuOf(serverPid) - before.server,
    latencies: latencies.counts(),
  };
}
