import { createLog } from "../../src/runtime/log.ts";
import { exitHubFailed } from "../../src/runtime/process.ts";
import { systemRandom } from "../../src/runtime/system.ts";
import { openHouse } from "../support/open-house.ts";
import { startWithParts } from "../support/start.ts";

/** The server as `src/main.ts` puts it together, with a Hub that throws when it drains. */
let isDraining = false;
const float = () => {
  if (isDraining) throw new Error("injected");
  return systemRandom.float();
};
const log = createLog({ level: "info", format: "json" }, process.stderr);
const server = startWithParts(openHouse, { log, random: { ...systemRandom, float }, onFailure: exitHubFailed(log) });
process.on("SIGTERM", () => {
  isDraining = true;
  server.stop();
});
