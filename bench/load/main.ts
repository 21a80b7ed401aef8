import { speechOf } from "../speech/speeches.ts";
import { attack } from "./attack.ts";
import { closedLoop } from "./closed.ts";
import type { LoadRequest, LoadResponse, Target } from "./commands.ts";
import { Fleet } from "./fleet.ts";
import { httpLoop } from "./http-loop.ts";
import { openLoop } from "./open.ts";

// The load process: it takes one command after the other from the one that started it, and answers each.

let target: Target | null = null;
let fleet: Fleet | null = null;

async function begin(to: Target): Promise<null> {
  target = to;
  fleet = new Fleet({ ...to, speech: speechOf(to.speech, to.path) });
  await fleet.begin();
  return null;
}

async function run(request: LoadRequest): Promise<unknown> {
  if (request.command === "begin") return begin(request.ask);
  if (!fleet || !target) throw new Error("a command before `begin`");
  switch (request.command) {
    case "resize":
      return fleet.resize(request.ask.receivers);
    case "closed":
      return closedLoop(fleet, target.serverPid, request.ask);
    case "open":
      return openLoop(fleet, target.serverPid, request.ask);
    case "http":
      return httpLoop(target.serverPid, request.ask);
    case "attack":
      return attack(target.port, request.ask);
    case "storm":
      return fleet.storm();
    case "end":
      fleet.end();
      return null;
  }
}

/** A fleet that has lost a client fails every command from there on. */
function failing<T>(work: Promise<T>): Promise<T> {
  return fleet ? Promise.race([work, fleet.failure.promise]) : work;
}

async function answer(request: LoadRequest): Promise<LoadResponse> {
  try {
    return { ok: true, answer: await failing(run(request)) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

process.on("message", (request: LoadRequest) => {
  void answer(request).then((response) => process.send?.(response));
});

process.on("disconnect", () => process.exit(0));
