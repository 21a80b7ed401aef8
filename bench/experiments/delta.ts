import { median } from "../measure/spread.ts";
import { amount, thousands } from "../report/formats.ts";
import { apiKey } from "../servers/chorus.ts";
import { documents, type Entrant } from "../servers/entrants.ts";
import { ServerProcess } from "../servers/server-process.ts";
import type { Bench, Experiment } from "./experiment.ts";

const subscribers = 1_000;
const documentBytes = 4_096;
/** Bytes of the document that each publication changes: one in a hundred. */
const changedBytes = 41;
const publications = 100;

/** What one server did in one round, a delivery. */
interface Measured {
  readonly bytes: number;
  readonly cpuMicroseconds: number;
}

/** A document of which one part in a hundred changes, to many, whole and as patches. */
export const delta: Experiment = {
  name: "delta",
  about: "a 4 KB document of which 1 % changes, to 1,000 subscribers, whole and as patches",
  async run(bench) {
    const { terminal, results, profile } = bench;
    terminal.title("Deltas: a document of 4 KB of which 1 % changes");
    const cases = documents.flatMap((entrant) => [
      { entrant, isDelta: false, name: `${entrant.name}, whole` },
      { entrant, isDelta: true, name: `${entrant.name}, patches` },
    ]);
    const measured = new Map<string, Measured[]>(cases.map(({ name }) => [name, []]));
    for (let round = 0; round < profile.rounds; round++) {
      for (const { entrant, isDelta, name } of cases) {
        terminal.progress(`${name}: round ${round + 1}`);
        measured.get(name)?.push(...(await measure(bench, entrant, isDelta)));
      }
    }
    const raw = [...measured].map(([name, rounds]) => ({ name, rounds })).filter(({ rounds }) => rounds.length > 0);
    const caption = `${thousands(subscribers)} subscribers, ${publications} publications one at a time; medians of ${profile.rounds}`;
    const head = ["server", "bytes a delivery", "server CPU a delivery, us"];
    const rows = raw.map(({ name, rounds }) => [
      name,
      amount(median(rounds.map(({ bytes }) => bytes))),
      median(rounds.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(2),
    ]);
    terminal.table(caption, head, rows);
    results.addFinding({ experiment: "delta", caption, head, rows, raw });
  },
};

/** Runs one server in a process of its own; nothing where it is not there. */
async function measure({ servers, terminal }: Bench, entrant: Entrant, isDelta: boolean): Promise<Measured[]> {
  const command = await entrant.command(servers);
  if (typeof command === "string") {
    terminal.once(`${entrant.name} is skipped: ${command}`);
    return [];
  }
  const server = await ServerProcess.start(command);
  try {
    const audience = new Audience();
    await audience.join(server.port, isDelta);
    const publish = documentPublisher(server.port);
    // The first publication is whole for everyone.
    for (let warm = 0; warm < 20; warm++) await Promise.all([audience.everyone(), publish()]);
    const [bytes, cpu] = [audience.bytes, server.cpu()];
    for (let count = 0; count < publications; count++) await Promise.all([audience.everyone(), publish()]);
    const deliveries = subscribers * publications;
    const measured = {
      bytes: (audience.bytes - bytes) / deliveries,
      cpuMicroseconds: ((server.cpu() - cpu) * 1_000) / deliveries,
    };
    audience.leave();
    return [measured];
  } finally {
    await server.stop();
  }
}

/** The subscribers of the document. */
class Audience {
  /** Bytes of the messages that all have received, without the headers of frames. */
  bytes = 0;
  #missing = 0;
  #complete = () => {};
  readonly #sockets: WebSocket[] = [];

  async join(port: number, isDelta: boolean): Promise<void> {
    const subscribe = { channel, ...(isDelta && { delta: "fossil" }) };
    const joining = `{"id":1,"connect":{}}\n${JSON.stringify({ id: 2, subscribe })}`;
    while (this.#sockets.length < subscribers) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const socket = new WebSocket(`ws://127.0.0.1:${port}/connection/websocket`, { perMessageDeflate: false });
      socket.onopen = () => socket.send(joining);
      socket.onclose = () => reject(new Error("a subscriber was closed"));
      socket.onmessage = ({ data }) => {
        if (String(data).includes('"error"')) reject(new Error(String(data)));
        else if (String(data).includes('"id":2')) resolve();
        else if (String(data).includes('"pub"')) this.#take(String(data).length);
      };
      this.#sockets.push(socket);
      await promise;
    }
  }

  /** Resolves when each of them has received one more publication. */
  everyone(): Promise<void> {
    this.#missing = subscribers;
    return new Promise((resolve) => {
      this.#complete = resolve;
    });
  }

  leave(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  #take(bytes: number): void {
    this.bytes += bytes;
    this.#missing -= 1;
    if (this.#missing === 0) this.#complete();
  }
}

const channel = "delta:document";

/** Publishes the document, each time with another part of it changed. */
function documentPublisher(port: number): () => Promise<void> {
  let text = "abcdefghijklmnopqrstuvwxyz0123456789".repeat(200).slice(0, documentBytes);
  let version = 0;
  return async () => {
    version += 1;
    // A step that is prime to the length visits all of the document.
    const at = (version * 1_009) % (documentBytes - changedBytes);
    const part = String(version).padStart(changedBytes, "-");
    text = text.slice(0, at) + part + text.slice(at + changedBytes);
    const response = await fetch(`http://127.0.0.1:${port}/api/publish`, {
      method: "POST",
      headers: { "X-API-Key": apiKey },
      body: JSON.stringify({ channel, data: { text } }),
    });
    const answer = await response.text();
    if (!answer.includes('"result"')) throw new Error(`a publish was answered with ${response.status}: ${answer}`);
  };
}
