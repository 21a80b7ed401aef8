import pino from "pino";
import pretty from "pino-pretty";
import type { Log, LogFields } from "../core/log.ts";

/** How much is logged, and in what form; `auto` is pretty on a terminal and JSON lines elsewhere. */
export interface LogOptions {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "none";
  readonly format: "auto" | "json" | "pretty";
}

/** Where lines go: stderr, or a test's own sink. */
export interface LogSink {
  write(line: string): void;
  readonly isTTY?: boolean;
}

/** A longer value is cut: a client's own words must not fill the disk. */
const valueMax = 256;

/**
 * Structured logging: one JSON line per event, written before the call returns, so that the last words of a process
 * that ends are not lost. Control characters are escaped by JSON; values of clients are cut at 256 characters.
 */
export function createLog({ level, format }: LogOptions, sink: LogSink): Log {
  const isPretty = format === "pretty" || (format === "auto" && sink.isTTY === true);
  const stream = isPretty ? pretty({ destination: asStream(sink), sync: true, colorize: sink.isTTY === true }) : sink;
  const logger = pino(
    {
      level: level === "none" ? "silent" : level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: isPretty ? "msg" : "event",
    },
    stream,
  );
  return {
    debug: (event, fields) => logger.debug(cut(fields), event),
    info: (event, fields) => logger.info(cut(fields), event),
    warn: (event, fields) => logger.warn(cut(fields), event),
    error: (event, fields) => logger.error(cut(fields), event),
  };
}

function cut(fields: LogFields = {}): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" && value.length > valueMax ? `${value.slice(0, valueMax)}…` : value,
    ]),
  );
}

function asStream(sink: LogSink) {
  return { write: (line: string) => sink.write(line) } as unknown as NodeJS.WritableStream;
}
