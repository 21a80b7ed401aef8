import type { BrokerFixture, Engine } from "../broker/fixture.ts";
import { callerContract } from "./broker-callers.ts";
import { joiningContract } from "./broker-joining.ts";
import { publishingContract } from "./broker-publishing.ts";
import { streamContract } from "./broker-streams.ts";
import { BrokerSuite } from "./broker-suite.ts";

/** What every implementation of the broker has to do, whatever it keeps its streams in; called within a `describe`. */
export function brokerContract(engine: Engine, create: () => BrokerFixture): void {
  const suite = new BrokerSuite(engine, create);
  publishingContract(suite);
  joiningContract(suite);
  streamContract(suite);
  callerContract(suite);
}
