import { parseConfig } from "../../src/config/parse.ts";
import { createLog } from "../../src/runtime/log.ts";
import { exitHubFailed } from "../../src/runtime/process.ts";
import { listen } from "../../src/server.ts";
import { faultyBroker } from "../support/faulty-broker.ts";
import { openHouse } from "../support/open-house.ts";

/** The server as `src/main.ts` puts it together, with a Hub that a publish to one channel makes throw. */
const parsed = parseConfig(openHouse, "file");
if (!parsed.ok) throw new Error(parsed.errors.join("\n"));
const log = createLog({ level: "info", format: "json" }, process.stderr);
listen(parsed.config, { log, onFailure: exitHubFailed(log), replace: { broker: faultyBroker("publish") } });
