/**
 * Checks what no compiler checks of `lib`: that the core does no I/O, that imports go one way,
 * that bytes become values in one place. `scripts/test` runs it; each rule is a line of a table.
 *
 * @module
 */

/** Which folders of lib the files of a folder may import, besides their own and lib's own files. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  ".": [],
  order: [],
  wire: ["order"],
  store: ["order", "wire"],
  check: ["order"],
  client: ["wire"],
  trace: ["check", "order", "store", "wire"],
  replica: ["order", "store", "trace", "wire"],
  watch: ["client"],
  http: ["client", "watch", "wire"],
  chaos: ["client", "check", "trace", "wire", "store", "order"],
  show: ["check", "trace", "order", "watch", "wire"],
  cli: [
    ...["chaos", "show", "check", "trace", "client", "http", "watch"],
    ...["replica", "order", "store", "wire"],
  ],
};

/** What does no I/O: time and chance come in as values. Of lib's own files, those that serve them. */
const PURE_FOLDERS: readonly string[] = ["order", "check"];
const PURE_FILES: readonly string[] = [
  "lib/bytes.ts",
  "lib/consistency.ts",
  "lib/errors.ts",
  "lib/invariant.ts",
  "lib/limits.ts",
];

/** From outside lib: what pure files may import, and what others may. */
const PURE_OUTSIDE = /^@std\/data-structures\//;
const OUTSIDE = /^(@std\/|node:)/;

interface Rule {
  pattern: RegExp;
  message: string;
  /** Whether the rule holds in a file of lib. */
  holds(path: string): boolean;
}

/** `word` as a name of its own: not a part of another, and nobody's property. */
function named(words: string): RegExp {
  return new RegExp(`(?<![\\w$.#])(?:${words})(?![\\w$])`, "g");
}

const everywhere = (): boolean => true;
const isPure = (path: string): boolean =>
  PURE_FOLDERS.includes(folderOf(path)) || PURE_FILES.includes(path);

const RULES: readonly Rule[] = [
  { pattern: named("any"), message: "any: say what it is", holds: everywhere },
  {
    pattern: /(?<![\w$.#])enum\s+[\w$]/g,
    message: "enum: use a union of strings",
    holds: everywhere,
  },
  {
    pattern: /(?<![\w$.#])JSON\s*\.\s*parse(?![\w$])/g,
    message: "JSON.parse: bytes become values in lib/wire only",
    holds: (path) => folderOf(path) !== "wire",
  },
  { pattern: named("Deno"), message: "I/O in a pure file", holds: isPure },
  {
    // A history has processes of its own: only what is taken out of Node's counts.
    pattern: named("process(?=\\s*(?:\\?\\.|[.[]))|(?<=\\}\\s*=\\s*)process"),
    message: "I/O in a pure file",
    holds: isPure,
  },
  {
    pattern: named("Date|Temporal|performance"),
    message: "a clock in a pure file: time comes in as a value",
    holds: isPure,
  },
  {
    pattern: named("Math(?!\\s*\\.\\s*(?!random\\b)\\w)|crypto"),
    message: "chance in a pure file: it comes in as a value",
    holds: isPure,
  },
  {
    pattern: named("setTimeout|setInterval|queueMicrotask"),
    message: "a timer in a pure file: set it by an effect",
    holds: isPure,
  },
  { pattern: named("console"), message: "console in a pure file", holds: isPure },
  {
    pattern: named("async|await"),
    message: "waiting in a pure file: an event comes in, effects go out",
    holds: isPure,
  },
  {
    // A replica fetches from its peers, too: only the call and the function itself count.
    pattern: named("fetch(?=\\s*(?:\\?\\.\\s*)?\\()|(?<=[^=!]=\\s*)fetch|Worker|WebSocket"),
    message: "I/O in a pure file",
    holds: isPure,
  },
  { pattern: named("globalThis"), message: "globalThis in a pure file", holds: isPure },
  {
    pattern: /(?<![\w$.#])import\s*\(/g,
    message: "a module loaded while running, in a pure file",
    holds: isPure,
  },
];

/** A broken rule: where, and what. */
export interface Violation {
  path: string;
  line: number;
  message: string;
}

/** Checks files of lib, given as path (`lib/order/order.ts`) and text. */
export function checkSources(files: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of files) {
    const code = maskSource(text);
    const imports = importsOf(text, code);
    const report = (offset: number, message: string) => {
      violations.push({ path, line: lineAt(text, offset), message });
    };
    checkWords(path, code, report);
    for (const { specifier, offset } of imports) {
      const message = whyNotImport(path, specifier);
      if (message) report(offset, message);
    }
    const local = imports.filter(({ specifier }) => specifier.startsWith("."));
    graph.set(path, local.map(({ specifier }) => resolve(path, specifier)));
  }
  for (const cycle of cyclesOf(graph)) {
    violations.push({
      path: cycle[0],
      line: 1,
      message: `imports itself: ${[...cycle, cycle[0]].join(" → ")}`,
    });
  }
  return violations;
}

type Report = (offset: number, message: string) => void;

function checkWords(path: string, code: string, report: Report): void {
  for (const rule of RULES) {
    if (!rule.holds(path)) continue;
    for (const match of code.matchAll(rule.pattern)) report(match.index, rule.message);
  }
}

/** The folder right under lib, or "." for lib's own files. */
function folderOf(path: string): string {
  const parts = path.split("/");
  return parts.length > 2 ? parts[1] : ".";
}

function whyNotImport(path: string, specifier: string): string | undefined {
  const folder = folderOf(path);
  if (!specifier.startsWith(".")) {
    const allowed = isPure(path) ? PURE_OUTSIDE : OUTSIDE;
    return allowed.test(specifier) ? undefined : `${nameOf(folder)} may not import ${specifier}`;
  }
  const target = resolve(path, specifier);
  if (!target.startsWith("lib/")) {
    // The program's name and version stand in deno.json.
    const isSettings = folder === "cli" && target === "deno.json";
    return isSettings ? undefined : `lib may not import ${target}`;
  }
  const other = folderOf(target);
  if (isPure(path) && other === "." && !isPure(target)) return `${target} is not pure`;
  if (other === folder || other === ".") return undefined;
  const known = Object.hasOwn(MAY_IMPORT, folder);
  if (!known) return `${nameOf(folder)} is in no row of MAY_IMPORT in scripts/check_sources.ts`;
  return MAY_IMPORT[folder].includes(other)
    ? undefined
    : `${nameOf(folder)} may not import ${nameOf(other)}: imports go one way`;
}

function nameOf(folder: string): string {
  return folder === "." ? "lib/*.ts" : `lib/${folder}`;
}

/** `lib/order/a.ts` and `../limits.ts` give `lib/limits.ts`. */
function resolve(path: string, specifier: string): string {
  const base = new URL(path, "file:///");
  return new URL(specifier, base).pathname.slice(1);
}

interface Import {
  specifier: string;
  offset: number;
}

/** Imports and re-exports, of types too. Found in the code, read from the text. */
function importsOf(text: string, code: string): Import[] {
  const found: Import[] = [];
  for (const match of code.matchAll(/(?<![\w$.#])(?:from|import)\s*\(?\s*["']/g)) {
    const start = match.index + match[0].length;
    const end = code.indexOf(code[start - 1], start);
    found.push({ specifier: text.slice(start, end), offset: match.index });
  }
  return found;
}

/** One path for each circle of imports. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push(trail.slice(at));
    if (at >= 0 || done.has(path)) return;
    trail.push(path);
    for (const next of graph.get(path) ?? []) visit(next);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return cycles;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** After these words a slash begins a pattern; after other names it divides. */
const BEFORE_PATTERN = /(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|else|do)$/;

/** Comments, texts and patterns: each alternative ends where its kind does. */
const BLANKS: readonly RegExp[] = [
  /\/\/[^\n]*/y,
  /\/\*[^]*?\*\//y,
  /"(?:[^"\\\n]|\\[^])*"/y,
  /'(?:[^'\\\n]|\\[^])*'/y,
];
const PATTERN = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/**
 * The text with spaces for all that is no code: comments, the inside of strings, patterns. It is
 * as long as the text, line for line. What stands in a template's `${…}` is code and stays.
 */
export function maskSource(text: string): string {
  let code = "";
  // For each open `${`, how many braces are open inside of it.
  const templates: number[] = [];
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = code.length;
    return pattern.exec(text)?.[0];
  };
  const templateText = (): string => {
    const rest = match(/(?:[^`\\$]|\\[^]|\$(?!\{))*/y) ?? "";
    const end = code.length + rest.length;
    if (text.startsWith("${", end)) templates.push(0);
    return blank(rest) + text.slice(end, end + (text[end] === "`" ? 1 : 2));
  };
  while (code.length < text.length) {
    const here = text[code.length];
    if (here === "`") {
      code += here;
      code += templateText();
      continue;
    }
    if (here === "}" && templates.at(-1) === 0) {
      templates.pop();
      code += here;
      code += templateText();
      continue;
    }
    const depth = templates.length - 1;
    if (depth >= 0 && here === "{") templates[depth]++;
    if (depth >= 0 && here === "}") templates[depth]--;
    const isBlank = BLANKS.map(match).find((found) => found !== undefined) ??
      (here === "/" && mayBeginPattern(code) ? match(PATTERN) : undefined);
    code += isBlank === undefined ? here : blank(isBlank);
  }
  return code;
}

/** Quotes stay, since imports are looked for by them. */
function blank(text: string): string {
  const quoted = /^["']/.test(text);
  const inside = quoted ? text.slice(1, -1) : text;
  const spaces = inside.replace(/[^\n]/g, " ");
  return quoted ? text[0] + spaces + text[0] : spaces;
}

function mayBeginPattern(before: string): boolean {
  const code = before.trimEnd();
  return code === "" || /[(,=:[!&|?{};+\-*%~^<>]$/.test(code) || BEFORE_PATTERN.test(code);
}

async function readSources(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const read = async (path: string): Promise<void> => {
    for await (const entry of Deno.readDir(path)) {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory) await read(inner);
      else if (entry.name.endsWith(".ts")) files.set(inner, await Deno.readTextFile(inner));
    }
  };
  await read(folder);
  return new Map([...files].sort(([a], [b]) => a < b ? -1 : 1));
}

if (import.meta.main) {
  const files = await readSources("lib");
  const violations = checkSources(files);
  for (const { path, line, message } of violations) console.error(`${path}:${line}: ${message}`);
  if (violations.length > 0) Deno.exit(1);
}
