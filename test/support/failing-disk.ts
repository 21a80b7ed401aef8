import type { Store } from "../../src/broker/local/store.ts";

/** A real store whose commits fail while the disk is to take nothing; all else is done as ever. */
export function failingDisk(real: Store): { readonly store: Store; readonly fail: (isFailing: boolean) => void } {
  let isFailing = false;
  const store: Store = {
    grouped: real.grouped,
    begin: () => real.begin(),
    commit: () => {
      if (isFailing) throw new Error("injected: no space left on the device");
      real.commit();
    },
    rollback: () => real.rollback(),
    append: (draft, options) => real.append(draft, options),
    open: (channel, options) => real.open(channel, options),
    peek: (channel) => real.peek(channel),
    clear: (channel) => real.clear(channel),
    keepKey: (kept) => real.keepKey(kept),
    keys: () => real.keys(),
    failed: (error) => real.failed(error),
    sweep: () => real.sweep(),
    close: () => real.close(),
  };
  return {
    store,
    fail: (failing) => {
      isFailing = failing;
    },
  };
}
