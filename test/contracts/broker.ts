import type { LocalBroker } from "../../src/broker/local.ts";
import type { BrokerFixture, ContractBroker, Engine } from "../broker/fixture.ts";
import { callerContract } from "./broker-callers.ts";
import { joiningContract } from "./broker-joining.ts";
import { localContract } from "./broker-local.ts";
import { publishingContract } from "./broker-publishing.ts";
import { streamContract } from "./broker-streams.ts";
import { BrokerSuite } from "./broker-suite.ts";

/** What every implementation of the broker has to do, whatever it keeps its streams in; called within a `describe`. */
export function brokerContract(engine: Engine, create: () => BrokerFixture<ContractBroker>): void {
  everyBroker(new BrokerSuite(engine, create));
}

/** What a broker of this process has to do. */
export function localBrokerContract(engine: Engine, create: () => BrokerFixture<LocalBroker>): void {
  const suite = new BrokerSuite(engine, create);
  everyBroker(suite);
  localContract(suite);
}

function everyBroker(suite: BrokerSuite): void {
  publishingContract(suite);
  joiningContract(suite);
  streamContract(suite);
  callerContract(suite);
}
