import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { $ } from "bun";
import ts from "typescript-5";

/** The entries of the package, each after those whose declarations it may import. */
const entries = ["contract", "client", "chorus"] as const;
type Entry = (typeof entries)[number];

/** Where the compiler writes the declarations; as in `tsconfig.build.json`. */
const folder = "dist/declarations";

/** A type whose declaration would show the schemas of the configuration: it is written out instead. */
const writtenOut = new Set(["ServerConfig"]);

/**
 * The declarations of the package: one file for each entry, with what can be reached from its exports and nothing else.
 * All of it is exported, so that users can name every type that occurs in a signature.
 */
export async function declarations(): Promise<Map<Entry, string>> {
  const bundle = new Bundle(await createProgram());
  await rm(folder, { recursive: true });
  return new Map(entries.map((entry) => [entry, bundle.textOf(entry)]));
}

/** A program of the declarations alone, as users see them. The compiler writes them, one for each file of ours. */
async function createProgram(): Promise<ts.Program> {
  // `tsc` of the checks judges the types: here only what can be reached from the entries matters.
  await $`bunx tsc -p tsconfig.build.json`.quiet().nothrow();
  const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
  return ts.createProgram(entries.map(fileOf), { ...options, noEmit: true, paths: {} });
}

function fileOf(entry: Entry): string {
  return resolve(folder, `src/package/${entry}.d.ts`);
}

/** One declaration that is part of the package. */
interface Part {
  readonly name: string;
  readonly entry: Entry;
  readonly text: string;
  /** The names of other parts, and of what comes from other packages. */
  readonly uses: ReadonlySet<ts.Symbol>;
}

class Bundle {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  readonly #parts = new Map<ts.Symbol, Part>();
  readonly #imports = new Map<Entry, Map<string, Set<string>>>();

  constructor(program: ts.Program) {
    this.#program = program;
    this.#checker = program.getTypeChecker();
    for (const entry of entries) this.#collect(entry);
  }

  textOf(entry: Entry): string {
    const own = [...new Set(this.#parts.values())].filter((part) => part.entry === entry);
    const isElsewhere = (symbol: ts.Symbol) => this.#parts.get(symbol)?.entry !== entry;
    const reExports = this.#exportsOf(entry).filter(isElsewhere);
    const imports = this.#importsOf(entry, own);
    const forwarded = reExports.map((symbol) => this.#forward(symbol));
    return `${[...imports, ...forwarded, ...own.map(({ text }) => text)].join("\n")}\n`;
  }

  #exportsOf(entry: Entry): ts.Symbol[] {
    const file = this.#program.getSourceFile(fileOf(entry));
    const module = file && this.#checker.getSymbolAtLocation(file);
    if (!module) throw new Error(`src/package/${entry}.ts exports nothing`);
    return this.#checker.getExportsOfModule(module).map((symbol) => this.#resolve(symbol));
  }

  #collect(entry: Entry): void {
    const waiting = this.#exportsOf(entry);
    for (let symbol = waiting.shift(); symbol; symbol = waiting.shift()) {
      if (this.#parts.has(symbol)) continue;
      const part = this.#partOf(symbol, entry);
      this.#parts.set(symbol, this.#sameAs(part) ?? part);
      waiting.push(...part.uses);
    }
  }

  /** A part that says the same under the same name, from another file. One that says something else is an error. */
  #sameAs(part: Part): Part | null {
    const other = [...this.#parts.values()].find(({ name }) => name === part.name);
    if (!other) return null;
    if (bare(other.text) === bare(part.text)) return other;
    throw new Error(`two types of the package are named ${part.name}:\n${other.text}\n${part.text}`);
  }

  #partOf(symbol: ts.Symbol, entry: Entry): Part {
    const nodes = (symbol.declarations ?? []).map((node) =>
      ts.isVariableDeclaration(node) ? node.parent.parent : node,
    );
    const [first] = nodes;
    if (!first) throw new Error(`${symbol.name} has no declaration`);
    if (writtenOut.has(symbol.name))
      return { name: symbol.name, entry, text: this.#writeOut(symbol, first), uses: new Set() };
    const uses = new Set<ts.Symbol>();
    for (const node of nodes) this.#visit(node, { entry, uses, own: symbol });
    return { name: symbol.name, entry, text: nodes.map((node) => this.#textOf(node)).join("\n"), uses };
  }

  #visit(node: ts.Node, into: { entry: Entry; uses: Set<ts.Symbol>; own: ts.Symbol }): void {
    if (ts.isIdentifier(node)) this.#use(node, into);
    if (ts.isImportTypeNode(node)) throw new Error(`an import() type in ${into.own.name}: name its type`);
    ts.forEachChild(node, (child) => this.#visit(child, into));
  }

  #use(node: ts.Identifier, { entry, uses, own }: { entry: Entry; uses: Set<ts.Symbol>; own: ts.Symbol }): void {
    const local = this.#checker.getSymbolAtLocation(node);
    if (!local) return;
    const specifier = importedFrom(local);
    if (specifier !== null && !specifier.module.startsWith(".")) {
      const names = this.#imports.get(entry) ?? new Map<string, Set<string>>();
      this.#imports.set(entry, names);
      names.set(specifier.module, (names.get(specifier.module) ?? new Set()).add(specifier.text));
      return;
    }
    const symbol = this.#meant(this.#resolve(local));
    const isTopLevel = symbol.declarations?.some((declaration) => isOfModule(declaration)) ?? false;
    if (symbol !== own && isTopLevel && this.#isOurs(symbol)) uses.add(symbol);
  }

  #isOurs(symbol: ts.Symbol): boolean {
    return (
      symbol.declarations?.some((node) => !/node_modules|\/lib\.[^/]*$/.test(node.getSourceFile().fileName)) ?? false
    );
  }

  /** The type that an alias without parameters only gives another name to. */
  #meant(symbol: ts.Symbol): ts.Symbol {
    const [node] = symbol.declarations ?? [];
    const isAlias = node && ts.isTypeAliasDeclaration(node) && ts.isTypeReferenceNode(node.type);
    if (
      !isAlias ||
      writtenOut.has(symbol.name) ||
      !ts.isTypeReferenceNode(node.type) ||
      node.type.typeArguments ||
      node.typeParameters
    )
      return symbol;
    const target = this.#checker.getSymbolAtLocation(node.type.typeName);
    return target ? this.#meant(this.#resolve(target)) : symbol;
  }

  #resolve(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  #importsOf(entry: Entry, own: readonly Part[]): string[] {
    const packages = [...(this.#imports.get(entry) ?? new Map<string, Set<string>>())].map(
      ([module, names]) => `import type { ${[...names].sort().join(", ")} } from "${module}";`,
    );
    const fromEntries = new Map<Entry, Set<string>>();
    for (const symbol of own.flatMap(({ uses }) => [...uses])) {
      const part = this.#parts.get(symbol);
      if (part && part.entry !== entry)
        fromEntries.set(part.entry, (fromEntries.get(part.entry) ?? new Set()).add(part.name));
    }
    const relatives = [...fromEntries].map(
      ([from, names]) => `import type { ${[...names].sort().join(", ")} } from "./${from}.js";`,
    );
    return [...packages, ...relatives];
  }

  #forward(symbol: ts.Symbol): string {
    const part = this.#parts.get(symbol);
    if (!part) throw new Error(`${symbol.name} is in no entry`);
    return `export type { ${part.name} } from "./${part.entry}.js";`;
  }

  /** A declaration, with the names of aliases replaced by the names of what they mean. */
  #textOf(node: ts.Node): string {
    const file = node.getSourceFile();
    const start = node.getStart(file);
    let text = node.getText(file);
    const renames = this.#aliasesIn(node).sort((one, other) => other.at - one.at);
    for (const { at, length, name } of renames)
      text = text.slice(0, at - start) + name + text.slice(at - start + length);
    text = text.replace(/^export\s+/, "").replace(/^declare\s+/, "");
    const needsDeclare = /^(?:abstract\s+class|class|function|const|let)\b/.test(text);
    return `${commentOf(node)}export ${needsDeclare ? "declare " : ""}${text}`;
  }

  #aliasesIn(node: ts.Node): { at: number; length: number; name: string }[] {
    const own: { at: number; length: number; name: string }[] = [];
    const look = (each: ts.Node): void => {
      if (ts.isTypeReferenceNode(each) && ts.isIdentifier(each.typeName)) {
        const local = this.#checker.getSymbolAtLocation(each.typeName);
        const isForeign = local && importedFrom(local)?.module.startsWith(".") === false;
        const meant = local && !isForeign ? this.#meant(this.#resolve(local)) : null;
        const { text } = each.typeName;
        if (meant && meant.name !== text && this.#isOurs(meant)) {
          own.push({ at: each.typeName.getStart(), length: text.length, name: meant.name });
        }
      }
      ts.forEachChild(each, look);
    };
    look(node);
    return own;
  }

  /** A type as an object of its members, all the way down. */
  #writeOut(symbol: ts.Symbol, node: ts.Node): string {
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
    const flags =
      ts.NodeBuilderFlags.NoTruncation | ts.NodeBuilderFlags.InTypeAlias | ts.NodeBuilderFlags.MultilineObjectLiterals;
    const typeNode = this.#checker.typeToTypeNode(type, node, flags);
    if (!typeNode) throw new Error(`${symbol.name} cannot be written out`);
    const text = ts.createPrinter().printNode(ts.EmitHint.Unspecified, typeNode, node.getSourceFile());
    return `${commentOf(node)}export type ${symbol.name} = ${text};`;
  }
}

/** A declaration without its comments and blanks. */
function bare(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\s+/g, " ");
}

function commentOf(node: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const comment = comments.at(-1)?.getText();
  return comment === undefined ? "" : `${comment}\n`;
}

function importedFrom(symbol: ts.Symbol): { module: string; text: string } | null {
  const [node] = symbol.declarations ?? [];
  if (!node || !ts.isImportSpecifier(node)) return null;
  const { moduleSpecifier } = node.parent.parent.parent;
  if (!ts.isStringLiteral(moduleSpecifier)) return null;
  return { module: moduleSpecifier.text, text: node.getText().replace(/^type\s+/, "") };
}

function isOfModule(node: ts.Node): boolean {
  if (ts.isSourceFile(node)) return false;
  const parent = ts.isVariableDeclaration(node) ? node.parent.parent.parent : node.parent;
  return ts.isSourceFile(parent);
}
