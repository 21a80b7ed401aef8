import type { Broker } from "../../src/broker/broker.ts";

/** The channel in which the faults happen. */
export const faultyChannel = "faulty";

/** The real broker, call by call: a base for brokers of which one call differs. */
export function forwardedBroker(broker: Broker): Broker {
  return {
    publish: (draft, done) => broker.publish(draft, done),
    prepare: (wishes, ready) => broker.prepare(wishes, ready),
    join: (channel, options, since, attach) => broker.join(channel, options, since, attach),
    leave: (channel) => broker.leave(channel),
    history: (channel, options, filter, done) => broker.history(channel, options, filter, done),
    historyRemove: (channel, options, done) => broker.historyRemove(channel, options, done),
    top: (channel, options) => broker.top(channel, options),
    flush: () => broker.flush(),
    close: () => broker.close(),
  };
}

/** The real broker, but that joining or publishing to one channel throws: a defect of ours, for tests of what it costs. */
export function faultyBroker(fault: "join" | "publish"): (broker: Broker) => Broker {
  const fail = (where: string, channel: string) => {
    if (where === fault && channel === faultyChannel) throw new Error("injected");
  };
  return (broker) => ({
    ...forwardedBroker(broker),
    publish(draft, done) {
      fail("publish", draft.channel);
      broker.publish(draft, done);
    },
    join(channel, options, since, attach) {
      fail("join", channel);
      broker.join(channel, options, since, attach);
    },
  });
}
