import type { AnyStateMachine, AnyStateNode } from "xstate";

/** One arrow: from, to, and the events that take it. */
type Arrows = Map<string, Set<string>>;

const anywhere = "any_state";

/**
 * Draws a machine as a Mermaid state diagram, from nothing but the machine: its states, and the events that lead from one
 * to another. Events that change no state are left out. What is true in every state is drawn from `any_state`.
 */
export function drawMachine(machine: AnyStateMachine): string {
  const arrows: Arrows = new Map();
  collect(machine.root, arrows);
  const lines = ["stateDiagram-v2", ...states(machine.root, "  ")];
  for (const [arrow, events] of arrows) lines.push(`  ${arrow}: ${[...events].join("<br/>")}`);
  return lines.join("\n");
}

function states(node: AnyStateNode, indent: string): string[] {
  const lines: string[] = [];
  const initial = node.initial?.target[0];
  if (initial) lines.push(`${indent}[*] --> ${nameOf(initial)}`);
  for (const child of Object.values(node.states)) {
    if (Object.keys(child.states).length === 0) {
      lines.push(`${indent}state "${child.key}" as ${nameOf(child)}`);
    } else {
      lines.push(`${indent}state "${child.key}" as ${nameOf(child)} {`, ...states(child, `${indent}  `), `${indent}}`);
    }
    if (child.type === "final") lines.push(`${indent}${nameOf(child)} --> [*]`);
  }
  return lines;
}

function collect(node: AnyStateNode, arrows: Arrows): void {
  const from = node.parent ? nameOf(node) : anywhere;
  for (const [event, transitions] of node.transitions) {
    for (const { target } of transitions)
      for (const to of target ?? []) add(arrows, `${from} --> ${nameOf(to)}`, event);
  }
  for (const { target, guard } of node.always ?? []) {
    for (const to of target ?? []) add(arrows, `${from} --> ${nameOf(to)}`, `[${String(guard)}]`);
  }
  for (const child of Object.values(node.states)) collect(child, arrows);
}

function add(arrows: Arrows, arrow: string, event: string): void {
  arrows.set(arrow, (arrows.get(arrow) ?? new Set()).add(event));
}

function nameOf(node: AnyStateNode): string {
  return node.path.join("_");
}
