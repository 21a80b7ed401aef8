import type { Database } from "bun:sqlite";
import type { Random } from "../../../core/random.ts";
import { checkStreamRow, type StreamRow, streamCrc } from "./rows.ts";

/** Gives every stream a new epoch, in one transaction that counts as the given commit; how many there were. */
export function renewEpochs(db: Database, commits: number, random: Random): number {
  const update = db.prepare<never, [epoch: string, crc: number, id: number]>(
    "UPDATE streams SET epoch = ?, crc = ? WHERE id = ?",
  );
  const rows = db.query<StreamRow, []>("SELECT * FROM streams").all();
  try {
    db.transaction(() => {
      for (const row of rows) {
        checkStreamRow(row);
        const epoch = random.epoch();
        update.run(epoch, streamCrc({ ...row, epoch }), row.id);
      }
      db.run("UPDATE about SET commits = ?", [commits]);
    })();
  } finally {
    update.finalize();
  }
  return rows.length;
}
