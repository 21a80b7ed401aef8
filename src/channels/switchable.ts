import type { ChannelRules } from "./rules.ts";

/** Rules that can be replaced while the server runs. */
export interface SwitchableRules extends ChannelRules {
  /** What is asked from now on is answered by `next`; subscriptions keep what they were granted. */
  replace(next: ChannelRules): void;
}

/** Passes every question on to the rules that hold at the time. */
export function switchableRules(first: ChannelRules): SwitchableRules {
  let current = first;
  return {
    replace: (next) => {
      current = next;
    },
    nameFault: (name) => current.nameFault(name),
    find: (name) => current.find(name),
    takes: (name, data) => current.takes(name, data),
    resolve: (name) => current.resolve(name),
    maySubscribe: (name, asker) => current.maySubscribe(name, asker),
    mayFilter: (name, filter) => current.mayFilter(name, filter),
    mayPublish: (name, asker) => current.mayPublish(name, asker),
    fromPlain: (data, namespace) => current.fromPlain(data, namespace),
    mayPresence: (name, asker) => current.mayPresence(name, asker),
    mayHistory: (name, asker) => current.mayHistory(name, asker),
    grant: (name, wish) => current.grant(name, wish),
    onConnect: (name, user) => current.onConnect(name, user),
    personalChannel: (user) => current.personalChannel(user),
  };
}
