import { resolve } from "node:path";
import type { Config } from "./config.ts";

/** What stores and SQLite keep beside a file: its lock, its watermark, what is not in the file yet. */
const besides = ["-lock", "-witness", "-witness-new", "-wal", "-shm", "-journal"];

/** Two stores in one file, or one in a file that another keeps beside its own: what one of them has written would be lost. */
export function fileProblems({ engine, push_log, event_outbox }: Config): string[] {
  const files = [
    { option: "engine.sqlite.path", path: engine.sqlite.path },
    { option: "push_log.path", path: push_log.path },
    { option: "event_outbox.path", path: event_outbox.path },
  ];
  return files.flatMap(({ option, path }, index) =>
    files
      .filter((other, at) => (at < index && resolve(other.path) === resolve(path)) || isBeside(path, other.path))
      .map((other) => `${option}: expected a file of its own, got that of ${other.option}: "${path}"`),
  );
}

function isBeside(path: string, other: string): boolean {
  return besides.some((suffix) => resolve(path) === resolve(other) + suffix);
}
