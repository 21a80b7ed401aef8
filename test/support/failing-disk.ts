import type { Store } from "../../src/broker/local/store.ts";

/** A real store whose commits fail while the disk is to take nothing, those of its own as well; all else is as ever. */
export function failingDisk(real: Store): { readonly store: Store; readonly fail: (isFailing: boolean) => void } {
  let isFailing = false;
  const commit = real.commit.bind(real);
  // In its place, so that what the store begins by itself (a new stream, a sweep) does not get by.
  real.commit = () => {
    if (isFailing) throw new Error("injected: no space left on the device");
    commit();
  };
  return {
    store: real,
    fail: (failing) => {
      isFailing = failing;
    },
  };
}
