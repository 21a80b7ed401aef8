import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { ChatWindow } from "../browser/chat-window.ts";
import { Backend } from "../conformance/player/backend.ts";
import { isSame } from "../conformance/player/compare.ts";
import { Conversation } from "../conformance/player/conversation.ts";
import { differs, type Recording, readRecording, type Scenario } from "../conformance/player/recording.ts";
import type { ConversationTime } from "../conformance/player/waiting.ts";
import { binary, binaryRemark, withoutBinary } from "../support/binary.ts";
import { describeInBrowser } from "../support/browser.ts";
import { describePage } from "../support/page-rules.ts";
import { testTimeout } from "../support/patience.ts";
import { ChorusProcess } from "../support/process.ts";

setDefaultTimeout(testTimeout);

/** Sets that are played on the binary: each protocol, and what a back end does. */
const sets = ["main", "protobuf", "streams", "strict", "general", "filters", "delta", "uni", "hooks"];

/** The time of a process, which passes by itself. Steps end with a ping that is answered: their silence may be short. */
const realTime: ConversationTime = {
  clock: { wall: () => Date.now() },
  advance: (duration) => (duration > 90 ? Bun.sleep(duration) : undefined),
  sleep: (duration) => Bun.sleep(duration),
};

describe.skipIf(withoutBinary)(`the binary${binaryRemark}`, () => {
  let server: ChorusProcess;
  let url = "";
  beforeAll(async () => {
    server = await ChorusProcess.spawn({ binary: await binary(), args: ["--port", "0"] });
    url = await server.url();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test("[BI1] tells its version, and its help speaks of `chorus`", async () => {
    const { version } = await Bun.file("package.json").json();
    const run = async (flag: string) => (await ChorusProcess.run({ binary: await binary(), args: [flag] })).stdout;
    expect(await run("--version")).toBe(`${version}\n`);
    expect(await run("--help")).toContain("\n  chorus [flags] ");
  });

  describe("[BI2] has its pages inside", () => {
    describePage((path, init) => fetch(new URL(path, url), init));
  });

  test("[BI2] serves the console too", async () => {
    await using own = await ChorusProcess.spawn({
      binary: await binary(),
      args: ["--port", "0"],
      env: { CHORUS_CONSOLE_ENABLED: "true" },
    });
    const console = `${await own.url()}/console`;
    const response = await fetch(`${console}/`);
    const [, script = ""] = /src="\.\/([^"]+\.js)"/.exec(await response.text()) ?? [];
    expect((await fetch(`${console}/${script}`)).status).toBe(200);
  });

  test.concurrent.each(sets)("[BI3] converses as recorded: %s", async (name) => {
    const recording = await readRecording(name);
    const backend = recording.backend === undefined ? undefined : new Backend();
    await backend?.start();
    const own = await ChorusProcess.spawn({ binary: await binary(), config: configOf(recording, backend) });
    try {
      const url = await own.url();
      const differences: object[] = [];
      for (const scenario of recording.scenarios.filter((each) => isPlayed(recording, each))) {
        const conversation = new Conversation(url, realTime, { backend });
        const difference = await firstDifference(conversation, scenario);
        conversation.end();
        if (difference !== null) differences.push({ scenario: scenario.id, ...difference });
      }
      expect(differences).toEqual([]);
    } finally {
      await own[Symbol.asyncDispose]();
      backend?.stop();
    }
  });
});

describeInBrowser(`the page of the binary${binaryRemark}`, (windows) => {
  test.skipIf(withoutBinary)(
    "[BI2] plays its first screen in Chromium, and the chat of two windows goes on",
    async () => {
      await using own = await ChorusProcess.spawn({ binary: await binary(), args: ["--port", "0"] });
      const url = await own.url();
      const { page, faults } = await windows.open(url);
      await page.getByText("2 messages recovered, in order, and proven complete").waitFor();
      const ann = await ChatWindow.join(windows, url, { name: "Ann", channel: "binary" });
      const ben = await ChatWindow.join(windows, url, { name: "Ben", channel: "binary" });
      await ann.say("hello");
      await ben.entry("hello").waitFor();
      expect([...faults, ...ann.faults, ...ben.faults]).toEqual([]);
    },
  );
});

/** Conversations in which time has to pass, or a step differs on purpose, are played in the process of the tests alone. */
function isPlayed({ name }: Recording, { id, steps }: Scenario): boolean {
  const isKnown = Object.keys(differs).some((key) => key === `${name}/${id}` || key.startsWith(`${name}/${id}#`));
  const isPassing = steps.some(({ wait, align, quiet }) => (wait ?? align ?? quiet) !== undefined);
  return !id.startsWith("quirk-") && !isKnown && !isPassing;
}

function configOf({ config, backend: port }: Recording, backend: Backend | undefined): object {
  const text = backend ? config.replaceAll(`127.0.0.1:${port}`, backend.address) : config;
  const { http_server: _, ...rest } = JSON.parse(text);
  return { ...rest, http_server: { port: 0 }, engine: { type: "memory" }, log: { level: "info" } };
}

async function firstDifference(conversation: Conversation, { steps }: Scenario): Promise<object | null> {
  for (const [index, { recv, ...step }] of steps.entries()) {
    const received = await conversation.perform({ ...step, recv }, recv);
    if (!isSame(recv, received)) return { step: `${index + 1} ${JSON.stringify(step)}`, recorded: recv, received };
  }
  return null;
}
