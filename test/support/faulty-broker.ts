import type { Broker, Joined } from "../../src/broker/broker.ts";

/** The channel in which the faults happen. */
export const faultyChannel = "faulty";

/** The real broker, call by call: a base for brokers of which one call differs. */
export function forwardedBroker(broker: Broker): Broker {
  return {
    publish: (draft, done) => broker.publish(draft, done),
    prepare: (wishes, ready) => broker.prepare(wishes, ready),
    join: (...given) => broker.join(...given),
    leave: (channel) => broker.leave(channel),
    history: (channel, options, filter, done) => broker.history(channel, options, filter, done),
    historyRemove: (channel, options, done) => broker.historyRemove(channel, options, done),
    top: (channel, options) => broker.top(channel, options),
    flush: () => broker.flush(),
    close: () => broker.close(),
  };
}

/** What fails: a call of the broker throws, or its answer to a join cannot be read, so that the connection throws. */
type Fault = "publish" | "join" | "history" | "answer of join";

/** An answer that throws where it is read. */
const unreadable: Joined = new Proxy({} as Joined, {
  get: () => {
    throw new Error("injected");
  },
});

/** The real broker, but for one fault in one channel. */
export function faultyBroker(fault: Fault): (broker: Broker) => Broker {
  const fail = (where: Fault, channel: string) => {
    if (where === fault && channel === faultyChannel) throw new Error("injected");
  };
  return (broker) => ({
    ...forwardedBroker(broker),
    publish(draft, done) {
      fail("publish", draft.channel);
      broker.publish(draft, done);
    },
    join(channel, options, since, attach, account) {
      fail("join", channel);
      const isUnreadable = fault === "answer of join" && channel === faultyChannel;
      const given = (joined: Joined | null) => attach(isUnreadable ? unreadable : joined);
      broker.join(channel, options, since, given, account);
    },
    history(channel, options, filter, done) {
      fail("history", channel);
      broker.history(channel, options, filter, done);
    },
  });
}
