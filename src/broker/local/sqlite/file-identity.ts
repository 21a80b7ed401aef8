import type { BigIntStats } from "node:fs";

/** What a file does not share with a copy of it. */
export interface Identity {
  readonly inode: bigint;
  /** Nanoseconds since 1970; 0 where it is not known. */
  readonly birth: bigint;
}

/** As the system tells it. Where a file system has no time of birth, the runtime gives none or that of the last change. */
export function rawIdentity({ ino, birthtimeNs }: BigIntStats): Identity {
  return { inode: BigInt.asUintN(64, ino), birth: BigInt.asUintN(64, birthtimeNs) };
}

/** Without a time of birth that may be that of the last change. */
export function identityOf(stats: BigIntStats): Identity {
  const { inode, birth } = rawIdentity(stats);
  return { inode, birth: stats.birthtimeNs === stats.ctimeNs ? 0n : birth };
}

export function isSame(known: Identity, found: Identity): boolean {
  if (known.inode !== found.inode) return false;
  return known.birth === 0n || found.birth === 0n || known.birth === found.birth;
}
