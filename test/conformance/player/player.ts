import { systemRandom } from "../../../src/runtime/system.ts";
import { CapturedLog } from "../../support/captured-log.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { lateParts } from "../../support/late/server.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { freshPushPath } from "../../support/push-path.ts";
import { SeededRandom } from "../../support/random.ts";
import type { RedisSpace } from "../../support/redis-space.ts";
import { startWithParts } from "../../support/start.ts";
import { Backend } from "./backend.ts";
import { isSame } from "./compare.ts";
import { Conversation } from "./conversation.ts";
import { differs, type Recording, type Scenario } from "./recording.ts";

/** Where a server keeps history; `late` is memory behind a broker, a presence and a queue that answer later. */
export type LocalEngine = "memory" | "sqlite" | "late";

/** The same, or a part of a Redis that nobody else uses. */
type Engine = LocalEngine | RedisSpace;

/** The first step that went otherwise than it was recorded. */
export interface Difference {
  readonly step: string;
  readonly recorded: unknown;
  readonly received: unknown;
}

/** Plays one conversation against a fresh server of its own, and returns the first difference. */
export async function play(recording: Recording, scenario: Scenario, engine: Engine): Promise<Difference | null> {
  const backend = recording.backend === undefined ? undefined : new Backend();
  await backend?.start();
  const log = new CapturedLog("error");
  await using folder = await TemporaryFolder.create();
  const time = new ManualTime();
  const server = start(recording, { backend, engine, folder, log, time });
  const space = typeof engine === "string" ? undefined : engine;
  await space?.begin(server.url, time.clock);
  const conversation = new Conversation(server.url, time, { backend, engine: space });
  try {
    return (await perform(conversation, recording.name, scenario)) ?? logged(log);
  } finally {
    conversation.end();
    await time.until(server.stop());
    space?.end();
    backend?.stop();
  }
}

/** Performs the steps of a conversation, up to the first difference. */
export async function perform(
  conversation: Conversation,
  set: string,
  { id, steps }: Scenario,
): Promise<Difference | null> {
  for (const [index, { recv, ...step }] of steps.entries()) {
    const isCompared = differs[`${set}/${id}#${index + 1}`] === undefined;
    const received = await conversation.perform({ ...step, recv }, isCompared ? recv : undefined);
    if (isCompared && !isSame(recv, received)) {
      return { step: `${index + 1} ${JSON.stringify(step)}`, recorded: recv, received };
    }
  }
  return null;
}

interface Parts {
  readonly backend: Backend | undefined;
  readonly engine: Engine;
  readonly folder: TemporaryFolder;
  readonly log: CapturedLog;
  readonly time: ManualTime;
}

function start({ config, backend: port }: Recording, { backend, engine, folder, log, time }: Parts) {
  const text = backend ? config.replaceAll(`127.0.0.1:${port}`, backend.address) : config;
  const { http_server: _, ...rest } = JSON.parse(text);
  const own = {
    http_server: { port: 0 },
    engine:
      typeof engine === "string" ? { ...folder.engine, type: engine === "late" ? "memory" : engine } : engine.config,
    // No recording reads it, and to open its file is a third of a start. The path is that of a file that is made when needed.
    push_log: { enabled: false, path: freshPushPath() },
    shutdown: { batch_interval: "1ms" },
  };
  // The first ping comes by chance in the second half of an interval: here in the middle of it.
  const random = { ...systemRandom, float: () => 0.5 };
  const replace = engine === "late" ? lateParts(new SeededRandom(), time.clock).replace : {};
  const { clock, timers } = time;
  return startWithParts({ ...rest, ...own }, { profile: "file", random, clock, timers, log: log.log, replace });
}

/** Nothing that a client can do is an error in the server's log; a back end that fails is one. */
function logged({ text }: CapturedLog): Difference | null {
  const lines = text.filter((line) => JSON.parse(line).event !== "hook.failed");
  return lines.length > 0 ? { step: "the log of errors", recorded: [], received: lines } : null;
}
