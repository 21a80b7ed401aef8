import { createLog } from "../../src/runtime/log.ts";
import { exitHubFailed } from "../../src/runtime/process.ts";
import { faultyBroker } from "../support/faulty-broker.ts";
import { openHouse } from "../support/open-house.ts";
import { startWithParts } from "../support/start.ts";

/** The server as `src/main.ts` puts it together, with a Hub that a publish to one channel makes throw. */
const log = createLog({ level: "info", format: "json" }, process.stderr);
startWithParts(openHouse, { log, onFailure: exitHubFailed(log), replace: { broker: faultyBroker("publish") } });
