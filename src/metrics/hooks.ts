import { escapedLabel, type Series } from "./series.ts";

/** What is counted of one hook. */
interface HookCounts {
  readonly kind: string;
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly late: number;
  readonly limited: number;
  readonly blocked: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Calls by duration, one count for each bound and the last for longer ones; not cumulative. */
  readonly durations: readonly number[];
  readonly durationSum: number;
}

/** Upper bounds of the buckets of the duration histogram, in seconds. */
export interface HookMetrics {
  readonly durationBounds: readonly number[];
  read(): readonly HookCounts[];
  /** Values that went out although a schema of the application refuses them. */
  refusedOutputs(): number;
}

const label = ["hook", "name"];

const series = [
  ["calls_total", "calls", "Calls of hooks."],
  ["errors_total", "errors", "Hooks that threw, or answered what is no answer."],
  ["timeouts_total", "timeouts", "Calls without an answer in time."],
  ["late_total", "late", "Answers that came too late and were dropped."],
  ["limited_total", "limited", "Calls refused by a limit."],
  ["blocked_total", "blocked", "Handlers that held the event loop for more than 50 ms."],
  ["in_flight", "inFlight", "Calls of hooks that run now."],
  ["waiting", "waiting", "Calls of hooks that wait for a limit."],
] as const;

/** The series of hooks; without an application they have no samples. */
export function hookSeries({ read, refusedOutputs }: HookMetrics): readonly Series[] {
  const byHook = series.map(([name, field, help]) => ({
    name: `chorus_hook_${name}`,
    help,
    label,
    read: () => read().map((hook) => ({ labels: { hook: hook.kind, name: hook.name }, value: hook[field] })),
  }));
  return [...byHook, { name: "chorus_hook_outputs_refused_total", help: refusedHelp, read: refusedOutputs }];
}

const refusedHelp = "Values of the application that were sent although a schema of its contract refuses them.";

const durationsName = "chorus_hook_duration_seconds";

/** The histogram of durations, a series for each hook. Names of hooks are from contracts: they need no escapes but these. */
export function durationsText({ durationBounds, read }: HookMetrics): string {
  const lines = read().flatMap((hook) => {
    const labels = `hook="${hook.kind}",name="${escapedLabel(hook.name)}"`;
    let count = 0;
    const buckets = hook.durations.map((calls, index) => {
      count += calls;
      return `${durationsName}_bucket{${labels},le="${durationBounds[index] ?? "+Inf"}"} ${count}`;
    });
    return [
      ...buckets,
      `${durationsName}_sum{${labels}} ${hook.durationSum}`,
      `${durationsName}_count{${labels}} ${count}`,
    ];
  });
  const head = [
    `# HELP ${durationsName} Time from the call of a hook to its answer.`,
    `# TYPE ${durationsName} histogram`,
  ];
  return [...head, ...lines, ""].join("\n");
}
