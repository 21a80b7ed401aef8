import { describe, setDefaultTimeout } from "bun:test";
import * as v from "valibot";
import { channel, contract, rpc } from "../../src/contract/contract.ts";
import { accept, refuse } from "../../src/hooks/in-process/answers.ts";
import { InProcessHooks } from "../../src/hooks/in-process/in-process.ts";
import { OutputCheck } from "../../src/hooks/in-process/output-check.ts";
import { jsonOfValue, payloadOfValue } from "../../src/operations/json-value.ts";
import { HooksBackend, hooksContract } from "../contracts/hooks.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { testTimeout } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";

setDefaultTimeout(testTimeout);

const odd = { odd: 1001 };
const { schemas } = contract({
  channels: {
    room: channel("room:{name}", { data: v.object({ by: v.string() }), publish: v.string(), errors: odd }),
  },
  calls: { echo: rpc({ input: v.number(), output: v.number(), errors: odd }) },
});

/** Handlers that do what the test says. */
class Application extends HooksBackend {
  readonly hooks: InProcessHooks;

  constructor() {
    super();
    const handlers = {
      channels: {
        room: {
          subscribe: () => this.#run({ ok: true }),
          publish: () => this.#run({ ok: true, data: { by: "hook" } }),
        },
      },
      calls: { echo: (input: unknown) => this.#run(input) },
    };
    const authenticate = { handle: () => this.#run(accept({ user: "ann", session: null })), options: {} };
    this.hooks = new InProcessHooks(
      { schemas, authenticate, handlers },
      {
        clock: new ManualClock(),
        random: new SeededRandom(1),
        log: new CapturedLog().log,
        handles: { send: () => {}, disconnect: () => {} },
        server: null,
        outputs: new OutputCheck(true),
        encoding: { payload: payloadOfValue, json: jsonOfValue },
        verify: async () => refuse("unauthorized"),
      },
    );
  }

  #run(answer: unknown): Promise<unknown> {
    return this.run({
      answer: () => answer,
      refuse: () => refuse("odd"),
      fail: () => {
        throw new Error("the database is gone");
      },
      garbage: () => ({ ok: "yes" }),
    });
  }
}

describe("the hooks of an application in this process", () => {
  hooksContract(() => Promise.resolve(new Application()));
});
