import pino from "pino";
import type { Log, LogFields } from "../core/log.ts";

/** How much is logged, and in what form; `auto` is pretty on a terminal and JSON lines elsewhere. */
export interface LogOptions {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "none";
  readonly format: "auto" | "json" | "pretty";
}

/** A log whose level can be changed while the process runs. */
export interface AdjustableLog extends Log {
  setLevel(level: LogOptions["level"]): void;
}

/** Where lines go: stderr, or a test's own sink. */
export interface LogSink {
  write(line: string): void;
  readonly isTTY?: boolean;
}

/** A longer value is cut: a client's own words must not fill the disk. */
const valueMax = 256;

/** What breaks a line or turns its direction without being a control character to JSON: C1, separators, bidi, halves. */
const hostile = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/** JSON escapes control characters; a terminal does not. */
const hostileOnTerminal = new RegExp(`[\\u0000-\\u001f]|${hostile.source}`, "gu");

/**
 * Structured logging: one JSON line per event, written before the call returns, so that the last words of a process
 * that ends are not lost. What clients say is cut at 256 characters, and what could move a terminal's cursor, break a
 * line or turn its direction is written as an escape. `every`: fields of each line.
 */
export function createLog({ level, format }: LogOptions, sink: LogSink, every: LogFields | null = null): AdjustableLog {
  const isPretty = format === "pretty" || (format === "auto" && sink.isTTY === true);
  const logger = pino(
    {
      level: pinoLevel(level),
      base: every,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: isPretty ? "msg" : "event",
    },
    isPretty ? prettySink(sink) : sink,
  );
  const clean = (fields: LogFields = {}) => cleaned(fields, isPretty ? hostileOnTerminal : hostile);
  return {
    debug: (event, fields) => {
      // Each command is one such line: where they are not wanted, their fields are not looked at.
      if (logger.isLevelEnabled("debug")) logger.debug(clean(fields), event);
    },
    info: (event, fields) => logger.info(clean(fields), event),
    warn: (event, fields) => logger.warn(clean(fields), event),
    error: (event, fields) => logger.error(clean(fields), event),
    setLevel: (next) => {
      logger.level = pinoLevel(next);
    },
  };
}

function pinoLevel(level: LogOptions["level"]): string {
  return level === "none" ? "silent" : level;
}

function prettySink(sink: LogSink): LogSink {
  // Few logs are for people: the others do not wait for it to be read.
  const { prettyFactory }: typeof import("pino-pretty") = require("pino-pretty");
  const prettify = prettyFactory({ colorize: sink.isTTY === true, singleLine: true });
  return { write: (line) => sink.write(prettify(line)) };
}

function cleaned(fields: LogFields, pattern: RegExp): LogFields {
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === "string" ? escaped(value, pattern) : value,
  ]);
  return Object.fromEntries(entries);
}

function escaped(value: string, pattern: RegExp): string {
  const text = value.length > valueMax ? `${value.slice(0, valueMax)}…` : value;
  return text.replace(pattern, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A log whose failure costs the line alone: what a log from outside throws is counted. */
export function survivingLog(log: Log): { readonly log: Log; dropped(): number } {
  let dropped = 0;
  const failed = () => {
    dropped += 1;
  };
  const surviving =
    (level: keyof Log) =>
    (event: string, fields?: LogFields): void => {
      try {
        // One that answers later may fail later.
        const given: unknown = log[level](event, fields);
        if (given instanceof Promise) given.catch(failed);
      } catch {
        failed();
      }
    };
  return {
    log: {
      debug: surviving("debug"),
      info: surviving("info"),
      warn: surviving("warn"),
      error: surviving("error"),
    },
    dropped: () => dropped,
  };
}
