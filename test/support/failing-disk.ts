import type { Store } from "../../src/broker/local/store.ts";

/** A real store that fails to commit, and to find what it does not know, while the disk is to fail. */
export function failingDisk(real: Store): { readonly store: Store; readonly fail: (isFailing: boolean) => void } {
  let isFailing = false;
  const commit = real.commit.bind(real);
  // In its place, so that what the store does by itself (a sweep) does not get by.
  real.commit = () => {
    if (isFailing) throw new Error("injected: no space left on the device");
    commit();
  };
  const open = real.open.bind(real);
  real.open = (channel, ...rest) => {
    if (isFailing && real.peek(channel) === null) throw new Error("injected: a page cannot be read");
    return open(channel, ...rest);
  };
  return {
    store: real,
    fail: (failing) => {
      isFailing = failing;
    },
  };
}
