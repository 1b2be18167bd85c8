/** The bars of the diagram: what clients asked, and until when their writes were not everywhere. */

import { svg } from "./dom.js";
import { CHARACTER_PX, clientY, GUTTER, isSeen, right, within, x } from "./scale.js";
import { box } from "./shapes.js";
import { clients, lasts, operations } from "./story.js";
import { view } from "./view.js";
import { ms, operationWords } from "./words.js";

/**
 * @typedef {{
 *   operation: import("./story.js").Operation, begin: number, end: number, last: number,
 * }} Seen `last`: where its staleness window ends, if it has one
 */

const BAR = 13;
/** A shorter one would not be seen. */
const BAR_WIDTH_MIN = 3;
const STALE = "✱ stale";

/** @param {import("./shapes.js").Manner["thin"]} thin */
export function operationLayer(thin) {
  const seen = operations.map(placed).filter(({ begin, last }) => isSeen(begin, last));
  const shown = thin(seen, ({ operation, end }) => ({
    lane: `${operation.client} ${operation.outcome}`,
    right: end,
    isSpecial: isSpecial(operation),
  }));
  // What stands out lies on top.
  const inFront = [
    ...shown.filter(({ operation }) => !isSpecial(operation)),
    ...shown.filter(({ operation }) => isSpecial(operation)),
  ];
  return {
    shapes: [...shown.flatMap(windowShape), ...inFront.map(barShape)],
    texts: [...wordTexts(shown), ...staleTexts(shown)],
  };
}

/** @param {Seen["operation"]} operation */
const isSpecial = ({ staleBy, number }) => staleBy !== null || view.named.has(number);

/** @param {Seen["operation"]} operation @returns {Seen} */
function placed(operation) {
  const { replica, began, ended, everywhere } = operation;
  const [begin, end] = [x(replica, began), x(replica, ended ?? lasts)];
  return { operation, begin, end, last: everywhere === null ? end : x(replica, everywhere) };
}

/** @param {Seen} seen */
function windowShape({ operation: { client, ended, everywhere }, end, last }) {
  if (ended === null || everywhere === null) return [];
  const told = () =>
    `stale for ${ms(everywhere - ended)}: from its answer until the last replica applied it`;
  return [box(`${client}`, "until", told, {
    ...{ x: within(end), y: clientY(client) - BAR / 2 + 2 },
    ...{ width: Math.max(1, within(last) - within(end)), height: BAR - 4 },
  })];
}

/** @param {Seen} seen */
function barShape({ operation, begin, end }) {
  const { client, outcome, isRead, staleBy, number } = operation;
  const look = [
    ...["op", outcome, ...(isRead ? ["read"] : [])],
    ...(staleBy === null ? [] : ["stale"]),
    ...(view.named.has(number) ? ["named"] : []),
  ].join(" ");
  const [x, y] = [within(begin), clientY(client) - BAR / 2];
  const width = Math.max(BAR_WIDTH_MIN, within(end) - x);
  return box(`${client}`, look, () => operationWords(operation), { x, y, width, height: BAR });
}

/** What was asked, above the bar, if there is room. @param {Seen[]} shown */
function wordTexts(shown) {
  /** By client: up to where words stand. */
  const written = clients.map(() => GUTTER);
  return shown.flatMap(({ operation: { client, isRead, words, answer }, begin, end }) => {
    const told = isRead ? `${words} → ${answer}` : words;
    const wide = told.length * CHARACTER_PX;
    const from = Math.min(within(begin), right() - wide);
    const isCut = begin < GUTTER && within(end) - from < wide;
    if (isCut || from < written[client]) return [];
    written[client] = from + wide + CHARACTER_PX;
    return [svg("text", { x: from, y: clientY(client) - BAR / 2 - 2 }, told)];
  });
}

/** Marks what is stale, with the word if there is room up to the next. @param {Seen[]} shown */
function staleTexts(shown) {
  /** @type {Map<number, number>} By client: where the next stands. */
  const next = new Map();
  return shown.filter(({ operation }) => operation.staleBy !== null).reverse().map((seen) => {
    const { client } = seen.operation;
    const [x, y] = [within(seen.end) + 3, clientY(client) + BAR / 2 - 1];
    const isRoom = x + STALE.length * CHARACTER_PX < (next.get(client) ?? Infinity);
    next.set(client, x);
    return svg("text", { class: "stale-mark label", x, y }, isRoom ? STALE : "✱");
  });
}
