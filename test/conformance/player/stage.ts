import type { ConfigInput } from "../../../src/config/config.ts";
import { systemRandom } from "../../../src/runtime/system.ts";
import { type RunningServer, startServer } from "../../../src/server.ts";
import { CapturedLog } from "../../support/captured-log.ts";
import { ManualClock } from "../../support/clock.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { isList, isObject, type Json, type JsonObject } from "../../support/json.ts";
import { freshPushPath } from "../../support/push-path.ts";
import { RawClient } from "../../support/raw.ts";
import { Line } from "./line.ts";
import { Names } from "./names.ts";
import type { OpenStep, Step } from "./recording.ts";
import { fill, type Meanings } from "./words.ts";

/** How far time moves at once: as often as the server looks at its deadlines. */
const tick = 50;

/** The headers of the answer to an upgrade that a recording keeps. */
const keptHeaders = ["sec-websocket-accept", "sec-websocket-protocol"];

/** What the API's calls bring along in the recordings, where they say nothing else. */
const apiHeaders = { "X-API-Key": "apikey", "content-type": "application/json" };

/** Where a server keeps history. */
export type Engine = "memory" | "sqlite";

interface Props {
  readonly clock: ManualClock;
  readonly log: CapturedLog;
  readonly folder: TemporaryFolder;
}

/** A server of its own for one conversation, its clock, and the connections that have been opened to it. */
export class Stage implements AsyncDisposable {
  readonly #server: RunningServer;
  readonly #clock: ManualClock;
  readonly #log: CapturedLog;
  readonly #folder: TemporaryFolder;
  readonly #names = new Names();
  readonly #lines = new Map<string, Line>();
  /** The channel that a command was about, by its connection and id. */
  readonly #asked = new Map<string, string>();
  readonly #meanings: Meanings;

  private constructor(server: RunningServer, { clock, log, folder }: Props) {
    this.#server = server;
    this.#clock = clock;
    this.#log = log;
    this.#folder = folder;
    this.#meanings = {
      clock,
      clientOf: (connection) => this.#names.clientOf(connection),
      epochOf: (channel) => this.#names.epochOf(channel),
    };
  }

  /** `engine` is where history is kept: a file of SQLite's is there for this stage alone. */
  static async open(config: ConfigInput, engine: Engine): Promise<Stage> {
    const clock = new ManualClock();
    const log = new CapturedLog("error");
    // The first ping comes by chance in the second half of an interval: here in the middle of it.
    const random = { ...systemRandom, float: () => 0.5 };
    const folder = await TemporaryFolder.create();
    const own = {
      http_server: { port: 0 },
      engine: { ...folder.engine, type: engine },
      push_log: { path: freshPushPath() },
      shutdown: { batch_interval: "1ms" },
    };
    const server = await startServer({ ...config, ...own }, { profile: "file", clock, random, log: log.log });
    return new Stage(server, { clock, log, folder });
  }

  /** Does one step, and answers with what came of it, in the words of a recording. */
  async perform(step: Step): Promise<JsonObject> {
    const answer = await this.#act(step);
    // Where the answer is another one, nothing of what was recorded can be waited for.
    const isAsRecorded = answer["status"] === step.recv["status"];
    const waits = [...this.#lines].map(([name, line]) => line.heard(isAsRecorded ? countOf(step.recv[name]) : 0));
    await Promise.all(waits);
    return { ...answer, ...(await this.rest()) };
  }

  /** What has come on each connection since the last step, after all that the server was sending by now. */
  async rest(): Promise<JsonObject> {
    await this.#fence();
    const heard = [...this.#lines].map(([name, line]) => [name, line.take()] as const);
    return Object.fromEntries(
      heard.filter(([, log]) => log.length > 0).map(([name, log]) => [name, this.#names.apply(log)]),
    );
  }

  /** What the server has logged as errors: nothing that a client can do is one. */
  get errors(): readonly string[] {
    return this.#log.text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const line of this.#lines.values()) line.terminate();
    await this.#server.stop();
    await this.#folder[Symbol.asyncDispose]();
  }

  async #act(step: Step): Promise<JsonObject> {
    if ("open" in step) await this.#open(step);
    else if ("send" in step) this.#line(step.send).send(this.#frameOf(step.send, step.frame));
    else if ("sendBinary" in step) this.#line(step.sendBinary).send(Uint8Array.from(Buffer.from(step.hex, "hex")));
    else if ("close" in step) this.#line(step.close).close();
    else if ("upgrade" in step) return this.#upgrade(step);
    else if ("wait" in step) await this.#pass(step.wait);
    else if ("align" in step) await this.#pass((1000 + step.align - (this.#clock.wall() % 1000)) % 1000);
    else return this.#request(step);
    return {};
  }

  async #open(step: OpenStep): Promise<void> {
    const query = step.query === undefined ? "" : `?${fill(step.query, this.#meanings)}`;
    const base = this.#server.url.replace(/^http/, "ws");
    const url = `${base}${step.path ?? "/connection/websocket"}${query}`;
    const name = step.open;
    const line = new Line(url, step, (said) =>
      this.#names.learn(name, said, (id) => this.#asked.get(`${name} ${JSON.stringify(id)}`)),
    );
    this.#lines.set(name, line);
    await line.opened();
  }

  #frameOf(name: string, commands: readonly (JsonObject | string)[]): string {
    const lines = commands.map((command) => {
      if (typeof command === "string") return fill(command, this.#meanings);
      const filled = fill(command, this.#meanings);
      const channel = channelOf(filled);
      if (channel !== null) this.#asked.set(`${name} ${JSON.stringify(filled["id"])}`, channel);
      return JSON.stringify(filled);
    });
    return lines.join("\n");
  }

  async #request(step: Extract<Step, { api: string } | { http: string }>): Promise<JsonObject> {
    const [method = "", path = ""] = "api" in step ? ["POST", `/api/${step.api}`] : step.http.split(" ");
    const headers = Object.entries(step.headers ?? ("api" in step ? apiHeaders : {}));
    const { body } = step;
    const response = await fetch(this.#server.url + path, {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, fill(value ?? "", this.#meanings)]),
      redirect: "manual",
      ...(body !== undefined && { body: this.#bodyOf(body) }),
    });
    const text = (await response.text()).trimEnd();
    const answer = parsed(text);
    this.#names.learnEpochs(answer);
    return { status: response.status, body: this.#names.apply(answer) };
  }

  #bodyOf(body: Json): string {
    const filled = fill(body, this.#meanings);
    return typeof filled === "string" ? filled : JSON.stringify(filled);
  }

  async #upgrade(step: Extract<Step, { upgrade: string }>): Promise<JsonObject> {
    using client = await RawClient.connect(this.#server.url);
    const { status, headers } = await client.request({ target: step.upgrade, replace: step.headers ?? {} });
    const kept = keptHeaders.flatMap((name) => {
      const value = headers.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return { status, headers: Object.fromEntries(kept) };
  }

  /** Lets time pass, in steps that let the clients answer pings. */
  async #pass(milliseconds: number): Promise<void> {
    for (let rest = milliseconds; rest > 0; rest -= tick) {
      this.#clock.advance(Math.min(tick, rest));
      this.#server.node.sweep();
      await this.#fence();
    }
  }

  async #fence(): Promise<void> {
    await Promise.all([...this.#lines.values()].map((line) => line.fence()));
  }

  #line(name: string): Line {
    const line = this.#lines.get(name);
    if (line) return line;
    throw new Error(`The recording has not opened ${name}.`);
  }
}

function countOf(recorded: Json | undefined): number {
  return isList(recorded) ? recorded.length : 0;
}

function channelOf({ subscribe, history }: JsonObject): string | null {
  for (const request of [subscribe, history]) {
    if (isObject(request)) return String(request["channel"]);
  }
  return null;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
