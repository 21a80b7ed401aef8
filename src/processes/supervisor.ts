import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { milliseconds } from "../core/time.ts";
import type { Timers } from "../core/timers.ts";
import { kinds } from "./kinds.ts";
import { Link, type LinkSocket, nothing, type Write } from "./link.ts";
import { hello, type Ready, readJson, ready, writeJson } from "./messages.ts";
import { Worker, type WorkerEnd, type WorkerProcess } from "./worker.ts";

/** What the supervisor works with. */
export interface SupervisorPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Runs a task when the code that runs now has come to its end. */
  readonly schedule: (task: () => void) => void;
  /** The version that workers must have. */
  readonly version: string;
  /** Starts the process of a worker. */
  start(id: string, ended: (end: WorkerEnd) => void): WorkerProcess;
  /** The configuration and state that a worker asks for at its start. */
  welcome(worker: Worker): unknown;
  /** A worker has its link, and has lost it. */
  joined(worker: Worker, link: Link): void;
  left(worker: Worker, link: Link): void;
  /** Milliseconds within which a worker that was told to stop has ended; then it is killed. */
  stopTimeout(): number;
}

/** A worker that ran for less, in milliseconds, counts as one that failed at its start: the next one waits. */
const longLife = 10_000;
/** The first wait after such an end and the longest one, in milliseconds; each is twice the one before. */
const backoff = { first: 200, longest: 10_000 };
/** Time from the start of a worker until it listens, in milliseconds. */
const startTimeout = 30_000;
/** Time for a process to end whose link has ended, in milliseconds. */
const endTimeout = 1_000;

/** Starts workers, replaces those that end, and ends them; a number is that of one worker at a time. */
export class Supervisor {
  readonly #ports: SupervisorPorts;
  /** All processes that run. */
  readonly #workers = new Set<Worker>();
  /** Those that take connections, by number. */
  readonly #current = new Map<number, Worker>();
  /** Numbers whose next worker is being started in place of one that runs. */
  readonly #replaced = new Set<number>();
  /** By number: how many workers in a row failed at their start. */
  readonly #deaths = new Map<number, number>();
  #started = 0;
  #isStopping = false;
  #isTold = false;

  constructor(ports: SupervisorPorts) {
    this.#ports = ports;
  }

  /** The workers that take connections. */
  get current(): readonly Worker[] {
    return [...this.#current.values()].filter((worker) => worker.isReady);
  }

  /** Every worker with a link, also those that stop. */
  get linked(): readonly { readonly number: number; readonly link: Link }[] {
    return [...this.#workers].flatMap(({ number, link }) => (link === null ? [] : [{ number, link }]));
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Starts the first worker, tells where it listens, and starts the others; null where one has ended before it listened. */
  async start(count: number, learn: (first: Ready) => void): Promise<Ready | null> {
    const first = await this.#open(1);
    if (first === null) return null;
    learn(first);
    const others = Array.from({ length: count - 1 }, (_, index) => this.#open(index + 2));
    return (await Promise.all(others)).includes(null) ? null : first;
  }

  /** Logs the workers that there are, and from now on those that begin: the first line of a log says where the node listens. */
  tellStarted(): void {
    this.#isTold = true;
    for (const worker of this.current) this.#tellStarted(worker);
  }

  /** A connection on the socket of workers; its `hello` names the worker. */
  accept(socket: LinkSocket): Link {
    let worker: Worker | null = null;
    const { clock, schedule, version } = this.#ports;
    const link: Link = new Link(socket, {
      clock,
      schedule,
      ended: (reason) => worker && this.#unlinked(worker, reason),
    });
    link.onCall(kinds.hello, (body, reply) => {
      const said = readJson(body, hello);
      worker = [...this.#workers].find(({ id, link: known }) => id === said.id && known === null) ?? null;
      if (worker === null || said.version !== version) {
        reply(null);
        return;
      }
      worker.link = link;
      this.#ports.joined(worker, link);
      reply(writeJson(this.#ports.welcome(worker)));
    });
    link.onTold(kinds.ready, (body) => {
      const said = readJson(body, ready);
      if (worker) this.#listens(worker, said);
    });
    return link;
  }

  /** Pings every worker, and kills one that does not answer. Called each second. */
  tick(): void {
    for (const worker of this.#workers) {
      const { link, number, process } = worker;
      if (link === null) continue;
      if (worker.pinged()) {
        this.#ports.log.error("worker.silent", { worker: number, pid: process.pid });
        process.kill("SIGKILL");
        continue;
      }
      link.call(kinds.ping, nothing, (answer) => answer && worker.answered());
    }
  }

  /** Fails calls without an answer in time. Called several times a second. */
  sweep(): void {
    for (const { link } of this.#workers) link?.sweep();
  }

  /**
   * Starts a new worker for each number, and stops the one before when it listens, one number after the other. The
   * numbers that were replaced: where a new one did not start, those before it, and all others keep the workers they have.
   */
  async replace(numbers: readonly number[]): Promise<readonly number[]> {
    for (const [index, number] of numbers.entries()) {
      if (this.#isStopping || !(await this.#replaceOne(number))) return numbers.slice(0, index);
    }
    return numbers;
  }

  /** Stops the workers with greater numbers. */
  async keep(count: number): Promise<void> {
    for (const [number, worker] of this.#current) {
      if (number <= count || this.#isStopping) continue;
      this.#current.delete(number);
      await this.#stop(worker, true);
    }
  }

  /** Stops all. `cut`: workers that did not end in good order. */
  async stop(): Promise<{ readonly cut: number }> {
    this.#isStopping = true;
    const isCut = async (worker: Worker) => {
      const { code } = await this.#stop(worker, false);
      // One that was still starting had nothing to end.
      return worker.isReady && code !== 0;
    };
    const cuts = await Promise.all([...this.#workers].map(isCut));
    return { cut: cuts.filter(Boolean).length };
  }

  /** Ends all at once. */
  kill(): void {
    this.#isStopping = true;
    for (const { process } of this.#workers) process.kill("SIGKILL");
  }

  async #replaceOne(number: number): Promise<boolean> {
    const former = this.#current.get(number);
    this.#replaced.add(number);
    const next = await this.#open(number, former);
    this.#replaced.delete(number);
    if (this.#isStopping) return false;
    if (next !== null && former) await this.#stop(former, true);
    if (next === null && this.#current.get(number)?.hasEnded) {
      this.#current.delete(number);
      // One that is new among the numbers has no worker to be replaced.
      if (former || this.#deaths.has(number)) this.#restart(number, former === undefined);
    }
    return next !== null;
  }

  /** Starts a worker; null where it has ended before it listened. `former`: stays the current one until then. */
  async #open(number: number, former?: Worker): Promise<Ready | null> {
    this.#started += 1;
    const id = `${number}-${this.#started}`;
    const { clock, timers } = this.#ports;
    const opened = this.#startProcess(id, (end) => this.#ended(worker, end));
    if (opened === null) {
      if (!former && this.#deaths.has(number)) this.#restart(number, true);
      return null;
    }
    const worker: Worker = new Worker(number, id, opened, clock);
    this.#workers.add(worker);
    if (!former) this.#current.set(number, worker);
    const timer = timers.setTimeout(() => opened.kill("SIGKILL"), milliseconds(startTimeout));
    const listens = await worker.ready.promise;
    timer.cancel();
    if (listens !== null) this.#current.set(number, worker);
    return listens;
  }

  /** Null where the system does not start one, as where no more files can be opened. */
  #startProcess(id: string, ended: (end: WorkerEnd) => void): WorkerProcess | null {
    try {
      return this.#ports.start(id, ended);
    } catch (error) {
      this.#ports.log.error("worker.ended", { worker: Number.parseInt(id, 10), error: String(error) });
      return null;
    }
  }

  #listens(worker: Worker, said: Ready): void {
    worker.isReady = true;
    worker.ready.resolve(said);
    if (this.#isTold) this.#tellStarted(worker);
  }

  #tellStarted({ number, process }: Worker): void {
    this.#ports.log.info("worker.started", { worker: number, pid: process.pid });
  }

  async #stop(worker: Worker, isReplaced: boolean): Promise<WorkerEnd> {
    worker.isStopping = true;
    const write: Write = writeJson({ isReplaced });
    if (worker.link?.tell(kinds.drain, write) !== true) worker.process.kill("SIGKILL");
    const { timers, stopTimeout } = this.#ports;
    const timer = timers.setTimeout(() => worker.process.kill("SIGKILL"), milliseconds(stopTimeout()));
    const end = await worker.ended.promise;
    timer.cancel();
    return end;
  }

  #unlinked(worker: Worker, reason: string): void {
    const { log, timers } = this.#ports;
    if (worker.link) this.#ports.left(worker, worker.link);
    worker.link = null;
    if (worker.isStopping || worker.hasEnded) return;
    log.debug("worker.unlinked", { worker: worker.number, reason });
    // It is ending, or has not noticed that its link is gone.
    timers.setTimeout(() => {
      if (!worker.hasEnded) worker.process.kill("SIGKILL");
    }, milliseconds(endTimeout));
  }

  #ended(worker: Worker, end: WorkerEnd): void {
    const { clock, log } = this.#ports;
    const { number, process, link, isStopping } = worker;
    worker.hasEnded = true;
    this.#workers.delete(worker);
    link?.end("the process has ended");
    const isExpected = isStopping || this.#isStopping;
    log[isExpected ? "info" : "error"]("worker.ended", { worker: number, pid: process.pid, ...end });
    worker.ready.resolve(null);
    worker.ended.resolve(end);
    if (this.#isStopping || this.#current.get(number) !== worker || this.#replaced.has(number)) return;
    this.#current.delete(number);
    if (!worker.isReady && !this.#deaths.has(number)) return;
    this.#restart(number, clock.monotonic() - worker.startedAt < longLife);
  }

  /** Starts the next worker: at once after a long run, else after a wait that doubles with each failed start. */
  #restart(number: number, hasEndedAtOnce: boolean): void {
    const deaths = hasEndedAtOnce ? (this.#deaths.get(number) ?? 0) + 1 : 0;
    this.#deaths.set(number, deaths);
    const delay = deaths === 0 ? 0 : Math.min(backoff.longest, backoff.first * 2 ** (deaths - 1));
    this.#ports.timers.setTimeout(() => {
      if (!this.#isStopping && !this.#current.has(number)) void this.#open(number);
    }, milliseconds(delay));
  }
}
