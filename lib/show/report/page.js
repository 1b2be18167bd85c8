/**
 * Draws the report of a trace in a browser: the diagram, the queues, a key's values, the operations.
 * All that is told stands in the element `story` (`compact.ts`); texts are never taken for markup.
 */
(() => {
  "use strict";

  const ARROWS = ["broadcast", "acknowledge", "other"];
  const MARKS = ["submit", "deliver", "apply", "view", "suspect", "start", "restore", "sample"];
  const GLYPHS = ["■", "●", "◆", "▣", "!", "▲", "▼", "%"];
  const OUTCOMES = ["ok", "fail", "info", "open"];
  const STATES = ["live", "installed", "outside", "down"];

  /** More than so many arrows at once are neither seen nor smoothly moved. */
  const ARROWS_MAX = 1500;
  /** So many of a kind are all drawn, wherever they lie. */
  const CROWDED = 600;
  /** An arrow that goes less far has no words. */
  const WORDS_PX = 40;
  /** So wide is a character, about. */
  const CHARACTER_PX = 6.6;

  const GUTTER = 118;
  const RIGHT = 16;
  const TOP = 26;
  const CLIENT_LANE = 34;
  const REPLICA_LANE = 74;
  const BAR = 13;

  /** @param {string} id @returns {HTMLElement} */
  const element = (id) => {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`there is no element ${id}`);
    return found;
  };
  /** @param {string} id @returns {HTMLInputElement} */
  const input = (id) => /** @type {HTMLInputElement} */ (element(id));
  /** @param {string} id @returns {HTMLSelectElement} */
  const select = (id) => /** @type {HTMLSelectElement} */ (element(id));

  const story = JSON.parse(element("story").textContent ?? "");
  const { words } = story;
  const lasts = Math.max(1, story.lasts);
  /** What lies before is known only for where the replicas stood. */
  const begins = Math.min(story.from, lasts - 1);

  /**
   * Moments are microseconds since the trace began; null where the trace does not tell.
   *
   * @typedef {number | null} Moment
   * @typedef {{ from: number, to: Moment, time: number, acknowledged: Moment[] }} Stay
   * @typedef {{
   *   origin: number, n: number, name: string, words: string, time: number, index: Moment,
   *   submitted: Moment, stays: Stay[][], delivered: Moment[], applied: Moment[],
   *   changes: [key: string, value: string | null][],
   * }} Message
   * @typedef {{
   *   kind: string, from: number, to: number, sent: Moment, received: Moment,
   *   sentTime: number, receivedTime: number, words: string,
   * }} Arrow
   * @typedef {{
   *   at: number, replica: number, time: number, kind: string, glyph: string, words: string,
   * }} Mark
   * @typedef {{
   *   client: number, replica: number, level: string, words: string, key: string,
   *   isRead: boolean, began: number, ended: Moment, outcome: string, answer: string,
   *   message: Message | null, staleBy: number | null,
   * }} Operation
   * @typedef {{
   *   replica: number, from: number, to: number, state: string, view: string, members: number[],
   * }} Band
   * @typedef {{
   *   fault: string, replicas: number[], ways: [number, number][], from: number, to: number,
   * }} Fault
   * @typedef {{
   *   guarantee: string, asked: string, verdict: string, words: string, operations: number[],
   * }} Verdict
   */

  /** @type {(began: number) => (moment: Moment) => Moment} */
  const since = (began) => (moment) => moment === null ? null : began + moment;
  /** @type {Message[]} */
  const messages = story.messages.map((/** @type {any[]} */ m) => ({
    origin: m[0],
    n: m[1],
    name: `${m[0]}.${m[1]}`,
    words: words[m[2]],
    time: m[3],
    index: m[4],
    submitted: since(m[5])(m[6]),
    stays: m[7].map((/** @type {any[]} */ stays) =>
      stays.map(([from, to, time, acknowledged]) => ({
        from: m[5] + from,
        to: since(m[5])(to),
        time: m[3] + time,
        acknowledged: acknowledged.map(since(m[5])),
      }))
    ),
    delivered: m[8].map(since(m[5])),
    applied: m[9].map(since(m[5])),
    changes: m[10].map((
      /** @type {any[]} */ c,
    ) => [words[c[0]], c[1] === null ? null : words[c[1]]]),
  }));
  /** @type {Arrow[]} */
  const arrows = story.arrows.map((/** @type {any[]} */ a) => ({
    kind: ARROWS[a[0]],
    from: a[1],
    to: a[2],
    sent: a[3],
    received: a[4],
    sentTime: a[5],
    receivedTime: a[6],
    words: words[a[7]],
  }));
  /** @type {Mark[]} */
  const marks = story.marks.map((/** @type {any[]} */ m) => ({
    at: m[0],
    replica: m[1],
    time: m[2],
    kind: MARKS[m[3]],
    glyph: GLYPHS[m[3]],
    words: words[m[4]],
  }));
  /** @type {Operation[]} */
  const operations = story.operations.map((/** @type {any[]} */ o) => ({
    client: o[0],
    replica: o[1],
    level: words[o[2]],
    words: words[o[3]],
    key: words[o[4]],
    isRead: o[5] === 1,
    began: o[6],
    ended: since(o[6])(o[7]),
    outcome: OUTCOMES[o[8]],
    answer: words[o[9]],
    message: o[10] === null ? null : messages[o[10]],
    staleBy: o[11],
  }));
  /** @type {Band[]} */
  const bands = story.bands.map((/** @type {any[]} */ b) => ({
    replica: b[0],
    from: b[1],
    to: b[2] ?? lasts,
    state: STATES[b[3]],
    view: words[b[4]],
    members: b[5],
  }));
  /** @type {Fault[]} */
  const faults = story.faults.map((/** @type {any[]} */ f) => ({
    fault: words[f[0]],
    replicas: f[1],
    ways: f[2],
    from: f[3],
    to: f[4] ?? lasts,
  }));
  /** @type {Verdict[]} */
  const verdicts = story.verdicts;
  /** @type {number[]} By client: the replica that it asked first. */
  const clients = story.clients;

  // Time

  /** By replica: what its Lamport clock said from when on. */
  const clocks = Array.from(
    { length: story.replicas },
    () => /** @type {[number, number][]} */ ([]),
  );
  for (const { at, replica, time } of marks) clocks[replica].push([at, time]);
  for (const { from, to, sent, received, sentTime, receivedTime } of arrows) {
    if (sent !== null) clocks[from].push([sent, sentTime]);
    if (received !== null) clocks[to].push([received, receivedTime]);
  }
  for (const clock of clocks) clock.sort((a, b) => a[0] - b[0]);

  /** @param {number} replica @param {number} at */
  function lamport(replica, at) {
    const clock = clocks[replica];
    let [low, high] = [0, clock.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (clock[middle][0] <= at) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : clock[low - 1][1];
  }

  const firstTime = Math.min(...clocks.map((_, replica) => lamport(replica, begins)));
  const lastTime = Math.max(firstTime + 1, ...clocks.map((_, replica) => lamport(replica, lasts)));

  /** All moments at which something happens, ascending. */
  const moments = [
    ...new Set([
      ...marks.map(({ at }) => at),
      ...arrows.flatMap(({ sent, received }) => [sent, received].flatMap((at) => at ?? [])),
      ...operations.flatMap(({ began, ended }) => ended === null ? [began] : [began, ended]),
      ...faults.flatMap(({ from, to }) => [from, to]),
    ]),
  ].sort((a, b) => a - b);

  const state = {
    cursor: 0,
    axis: "wall",
    /** What is seen, in units of the axis. */
    from: 0,
    to: lasts,
    named: /** @type {Set<number>} */ (new Set()),
    playing: 0,
  };

  const start = () => state.axis === "wall" ? begins : firstTime;
  const span = () => state.axis === "wall" ? lasts - begins : lastTime - firstTime;
  /** @param {number} us */
  const ms = (us) => `${(us / 1000).toFixed(us < 100_000 ? 3 : 1)} ms`;

  // Drawing

  /**
   * @param {string} name
   * @param {Record<string, string | number>} attributes
   * @param {string} [text]
   */
  function svg(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /** @param {Element} parent @param {string} text */
  const titled = (parent, text) => {
    parent.append(svg("title", {}, text));
    return parent;
  };

  const clientsHeight = clients.length * CLIENT_LANE;
  const height = TOP + clientsHeight + story.replicas * REPLICA_LANE + 30;
  /** @param {number} client */
  const clientY = (client) =>
    TOP + story.replicas * REPLICA_LANE + client * CLIENT_LANE + CLIENT_LANE / 2 + 8;
  /** @param {number} replica */
  const replicaY = (replica) => TOP + replica * REPLICA_LANE + REPLICA_LANE / 2;

  let width = 1000;
  /** @param {number} value */
  const place = (value) =>
    GUTTER + (value - state.from) / (state.to - state.from) * (width - GUTTER - RIGHT);
  /** @param {number} replica @param {number} at */
  const x = (replica, at) => place(state.axis === "wall" ? at : lamport(replica, at));
  /** @param {number} left @param {number} right */
  const isSeen = (left, right) => right >= GUTTER && left <= width - RIGHT;
  /** @param {number} at */
  const within = (at) => Math.min(Math.max(at, GUTTER), width - RIGHT);

  function patterns() {
    const defs = svg("defs", {});
    /** @param {string} id @param {string} path @param {string} colour */
    const pattern = (id, path, colour) => {
      const made = svg("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" });
      made.append(svg("path", { d: path, style: `stroke:${colour}`, "stroke-width": 1.2 }));
      defs.append(made);
    };
    pattern("down", "M0 8L8 0", "var(--dim)");
    pattern("struck", "M0 0L8 8M0 8L8 0", "var(--outside)");
    pattern("unknown", "M0 4H8M4 0V8", "var(--dim)");
    const head = svg("marker", {
      ...{ id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7 },
      orient: "auto-start-reverse",
    });
    head.append(svg("path", { d: "M0 0L8 4L0 8z", style: "fill:var(--plain)" }));
    defs.append(head);
    return defs;
  }

  function drawDiagram() {
    const holder = element("diagram");
    width = Math.max(480, holder.clientWidth);
    const root = svg("svg", {
      ...{ viewBox: `0 0 ${width} ${height}`, height, role: "img", id: "picture" },
      "aria-label": "Space-time diagram; the tables below tell the same",
    });
    root.append(patterns(), ...bandShapes(), ...axisShapes(), ...laneShapes(), ...faultShapes());
    root.append(...arrowShapes(), ...operationShapes(), ...markShapes(), cursorShape());
    holder.replaceChildren(root);
  }

  function laneShapes() {
    const lane = (/** @type {number} */ y, /** @type {string} */ name) => [
      svg("line", { class: "lane", x1: GUTTER, x2: width - RIGHT, y1: y, y2: y }),
      svg("rect", { x: 0, y: y - 12, width: GUTTER - 4, height: 24, style: "fill:var(--page)" }),
      svg("text", { x: GUTTER - 10, y: y + 4, "text-anchor": "end" }, name),
    ];
    return [
      ...clients.flatMap((replica, client) =>
        lane(clientY(client), `client ${client} at ${replica}`)
      ),
      ...clocks.flatMap((_, replica) => lane(replicaY(replica), `replica ${replica}`)),
    ];
  }

  function axisShapes() {
    const wanted = Math.max(2, Math.floor((width - GUTTER) / 110));
    const raw = (state.to - state.from) / wanted;
    const power = 10 ** Math.floor(Math.log10(Math.max(raw, 1)));
    const step = [1, 2, 5, 10].map((by) => by * power).find((by) => by >= raw) ?? raw;
    const ticks = [];
    for (let at = Math.ceil(state.from / step) * step; at <= state.to; at += step) ticks.push(at);
    return ticks.flatMap((at) => {
      const left = place(at);
      const text = state.axis === "wall" ? `${Number((at / 1000).toFixed(3))} ms` : `t=${at}`;
      return [
        svg("line", { class: "grid", x1: left, x2: left, y1: TOP - 6, y2: height - 24 }),
        svg("text", { class: "dim", x: left, y: height - 8, "text-anchor": "middle" }, text),
      ];
    });
  }

  function bandShapes() {
    return bands.flatMap((band) => {
      const [left, right] = [x(band.replica, band.from), x(band.replica, band.to)];
      if (!isSeen(left, right)) return [];
      const [from, to] = [within(left), within(right)];
      const y = replicaY(band.replica) - REPLICA_LANE / 2 + 4;
      const told = band.state === "down"
        ? "down"
        : band.view === ""
        ? "in no view"
        : `${band.state} in view ${band.view}: ${band.members.join(" ")}`;
      const shape = svg("rect", {
        ...{ class: `band-${band.state}`, "data-view": band.view, "data-state": band.state },
        ...{ x: from, y, width: Math.max(1, to - from), height: REPLICA_LANE - 8 },
      });
      const text = svg("text", { class: "dim", x: from + 4, y: y + 12 }, told);
      return to - from > 7 * told.length ? [titled(shape, told), text] : [titled(shape, told)];
    });
  }

  function faultShapes() {
    return faults.flatMap(({ fault, replicas, ways, from, to }) => {
      const hit = ways.length > 0 ? [...new Set(ways.flat())] : replicas;
      const told = `${fault} of ${
        ways.length > 0 ? ways.map((way) => way.join("→")).join(", ") : replicas.join(", ")
      }, ${ms(from)} to ${ms(to)}`;
      return hit.flatMap((replica) => {
        const [left, right] = [x(replica, from), x(replica, to)];
        if (!isSeen(left, right)) return [];
        const [first, last] = [within(left), within(right)];
        const y = replicaY(replica) - REPLICA_LANE / 2 + 2;
        return [
          titled(
            svg("rect", {
              ...{ class: "fault", "data-fault": fault, x: first, y },
              ...{ width: Math.max(2, last - first), height: REPLICA_LANE - 4 },
            }),
            told,
          ),
          svg("text", { class: "label", x: first + 4, y: y + REPLICA_LANE - 10 }, `✂ ${fault}`),
        ];
      });
    });
  }

  /**
   * Of very many, leaves out what would lie upon the one before on its lane: nobody would see it.
   *
   * @template T
   * @param {T[]} items in the order of time
   * @param {(item: T) => { lane: string, right: number, isSpecial?: boolean }} placeOf
   */
  function apart(items, placeOf) {
    if (items.length <= CROWDED) return items;
    /** @type {Map<string, number>} */
    const drawn = new Map();
    return items.filter((item) => {
      const { lane, right, isSpecial = false } = placeOf(item);
      if (!isSpecial && right < (drawn.get(lane) ?? -Infinity) + 1) return false;
      drawn.set(lane, right);
      return true;
    });
  }

  function arrowShapes() {
    const wanted = arrows.filter(({ kind }) =>
      kind === "broadcast" || (kind === "acknowledge" ? input("acks") : input("others")).checked
    );
    const seen = wanted.map((arrow) => {
      const { from, to, sent, received } = arrow;
      const begin = sent === null ? x(to, received ?? 0) : x(from, sent);
      const end = received === null ? begin : x(to, received);
      return { arrow, begin, end };
    }).filter(({ begin, end }) => isSeen(Math.min(begin, end), Math.max(begin, end)));
    const shown = apart(seen, ({ arrow: { kind, from, to }, end }) => ({
      lane: `${kind} ${from} ${to}`,
      right: end,
    })).slice(0, ARROWS_MAX);
    const left = seen.length - shown.length;
    element("hidden").textContent = left === 0
      ? ""
      : `${left} arrows are not drawn: they lie upon others. See closer to have them.`;
    return shown.flatMap(({ arrow, begin, end }) => arrowShape(arrow, begin, end));
  }

  /**
   * @param {Arrow} arrow
   * @param {number} begin
   * @param {number} end
   */
  function arrowShape(arrow, begin, end) {
    const { kind, from, to, sent, received, words } = arrow;
    const isLost = received === null;
    const [y1, y2] = [replicaY(from), replicaY(to)];
    const [lostX, lostY] = [begin + 14, y1 + (y2 - y1) / 3];
    const told = `${kind} ${words}: ${from} to ${to}, sent ${sent === null ? "?" : ms(sent)}, ${
      isLost ? "not seen to come" : `came ${ms(received)}`
    }`;
    const line = titled(
      svg("line", {
        ...{ class: isLost ? `${kind} lost` : kind, x1: begin, y1 },
        ...{ x2: isLost ? lostX : end, y2: isLost ? lostY : y2 },
        ...(isLost ? {} : { "marker-end": "url(#head)" }),
      }),
      told,
    );
    const cross = svg("text", { class: "suspect label", x: lostX - 4, y: lostY + 4 }, "✕");
    const text = svg("text", {
      ...{ class: "dim label", "text-anchor": "middle" },
      ...{ x: (begin + end) / 2, y: (y1 + y2) / 2 },
    }, words);
    if (isLost) return [line, cross];
    return Math.abs(end - begin) > WORDS_PX ? [line, text] : [line];
  }

  function operationShapes() {
    /** By client: up to where words stand. */
    const written = clients.map(() => 0);
    const seen = operations.map((operation, number) => {
      const { replica, began, ended } = operation;
      const [left, right] = [x(replica, began), x(replica, ended ?? lasts)];
      const until = windowOf(operation);
      const last = until === null ? right : Math.max(right, x(replica, until.to));
      return { operation, number, left, right, until, last };
    }).filter(({ left, last }) => isSeen(left, last));
    const shown = apart(seen, ({ operation, number, right }) => ({
      lane: `${operation.client}`,
      right,
      isSpecial: operation.staleBy !== null || state.named.has(number),
    }));
    return shown.flatMap(({ operation, number, left, right, until }) => {
      const { client, outcome, isRead, staleBy, message, replica } = operation;
      const y = clientY(client) - BAR / 2;
      const [from, to] = [within(left), within(right)];
      const classes = ["op", "hit", outcome, ...(isRead ? ["read"] : [])];
      if (staleBy !== null) classes.push("stale");
      if (state.named.has(number)) classes.push("named");
      const bar = titled(
        svg("rect", {
          ...{ class: classes.join(" "), x: from, y, width: Math.max(3, to - from), height: BAR },
          "data-operation": number,
        }),
        operationWords(operation),
      );
      const shapes = [];
      if (until !== null && message !== null) {
        shapes.push(titled(
          svg("rect", {
            ...{ class: "until", x: within(right), y: y + 2, height: BAR - 4 },
            width: Math.max(1, within(x(replica, until.to)) - within(right)),
          }),
          `stale for ${
            ms(until.to - until.from)
          }: from its answer until the last replica applied it`,
        ));
      }
      shapes.push(bar);
      if (staleBy !== null) {
        shapes.push(svg("text", { class: "stale-mark label", x: to + 3, y: y + BAR }, "✱ stale"));
      }
      const told = isRead ? `${operation.words} → ${operation.answer}` : operation.words;
      if (from > written[client] && left >= GUTTER) {
        shapes.push(svg("text", { class: "label", x: from, y: y - 2 }, told));
        written[client] = from + told.length * CHARACTER_PX;
      }
      return shapes;
    });
  }

  function markShapes() {
    const seen = marks.map((mark, number) => ({ mark, number, left: x(mark.replica, mark.at) }))
      .filter(({ left }) => isSeen(left, left));
    const shown = apart(seen, ({ mark: { kind, replica }, left }) => ({
      lane: `${kind} ${replica}`,
      right: left,
    }));
    return shown.map(({ mark: { at, replica, kind, glyph, words }, number, left }) => {
      const up = kind === "submit" ? -6 : kind === "apply" ? 14 : 4;
      const text = svg("text", {
        ...{ class: `${kind} hit`, x: left, y: replicaY(replica) + up, "text-anchor": "middle" },
        "data-mark": number,
      }, glyph);
      return titled(text, `replica ${replica}: ${kind} ${words}, ${ms(at)}`);
    });
  }

  function cursorShape() {
    const left = state.axis === "wall" ? place(state.cursor) : place(lamport(0, state.cursor));
    return svg("line", {
      ...{ class: "cursor", x1: left, x2: left, y1: TOP - 10, y2: height - 22 },
      ...(isSeen(left, left) ? {} : { visibility: "hidden" }),
    });
  }

  /**
   * A write's staleness window: from its answer to when the last replica has applied it.
   *
   * @param {Operation} operation
   */
  function windowOf({ message, ended, outcome }) {
    if (message === null || ended === null || outcome !== "ok") return null;
    const applied = message.applied.flatMap((at) => at ?? []);
    const to = Math.max(...applied);
    return applied.length === story.replicas && to > ended ? { from: ended, to } : null;
  }

  /** @param {Operation} operation */
  function operationWords({ client, replica, level, words, answer, began, ended, staleBy }) {
    const stale = staleBy === null ? "" : `, stale: it misses ${operations[staleBy].words}`;
    const end = ended === null ? "not answered" : `${answer || "?"} after ${ms(ended - began)}`;
    return `client ${client} at replica ${replica}, ${level}: ${words} → ${end}${stale}`;
  }

  // What stands beside the diagram

  /**
   * @param {string} caption
   * @param {string[]} heads
   * @param {(string | Node)[][]} rows
   */
  function table(caption, heads, rows) {
    const made = document.createElement("table");
    made.createCaption().textContent = caption;
    const head = made.createTHead().insertRow();
    for (const text of heads) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = text;
      head.append(cell);
    }
    const body = made.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      for (const content of row) line.insertCell().append(content);
    }
    return made;
  }

  /** @param {string} className @param {string} text */
  function marked(className, text) {
    const made = document.createElement("span");
    made.className = className;
    made.textContent = text;
    return made;
  }

  /** @param {string} text @param {() => void} act */
  function link(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  /** The view that a replica was in, at the cursor. @param {number} replica */
  const bandAt = (replica) =>
    bands.findLast((band) => band.replica === replica && band.from <= state.cursor);

  /** So much of a queue is shown: nothing is delivered before its head. */
  const QUEUE_ROWS_MAX = 20;

  function drawQueues() {
    const tables = clocks.map((_, replica) => {
      const band = bandAt(replica);
      const members = band?.members ?? [];
      const where = band === undefined
        ? "not begun"
        : band.state === "down"
        ? "down"
        : band.view === ""
        ? "in no view"
        : `${band.state} in view ${band.view} of ${members.join(" ")}`;
      const pending = messages
        .flatMap((message) => {
          const stay = message.stays[replica].find(({ from, to }) =>
            from <= state.cursor && (to === null || to > state.cursor)
          );
          return stay === undefined ? [] : [{ message, stay }];
        })
        .sort((a, b) => a.stay.time - b.stay.time || a.message.origin - b.message.origin);
      const rows = pending.slice(0, QUEUE_ROWS_MAX).map(({ message, stay }) => {
        const has = (/** @type {number} */ member) =>
          (stay.acknowledged[member] ?? Infinity) <= state.cursor;
        const missing = members.filter((member) => !has(member));
        return [
          message.name,
          message.words,
          `[${stay.time}, ${message.origin}]`,
          members.filter(has).join(" ") || "nobody",
          missing.length === 0 ? "none" : marked("missing", missing.join(" ")),
        ];
      });
      const caption = `Replica ${replica}, ${where}: `;
      if (rows.length === 0) {
        const line = document.createElement("p");
        line.className = "dim";
        line.textContent = `${caption}nothing is pending`;
        return line;
      }
      const first = pending.length > rows.length ? `; the first ${rows.length}` : "";
      return table(`${caption}${pending.length} pending, in this order${first}`, [
        "message",
        "what",
        "timestamp",
        "acknowledged by",
        "missing acknowledgement of",
      ], rows);
    });
    const part = story.every > 1
      ? [
        marked(
          "dim",
          `Of some messages, up to ${story.every - 1} of ${story.every}, nothing is told.`,
        ),
      ]
      : [];
    element("queue").replaceChildren(...part, ...tables);
  }

  function drawVerdicts() {
    const rows = verdicts.map((verdict) => [
      `${verdict.asked === "held to" ? "held to " : ""}${verdict.guarantee}`,
      marked(verdict.verdict, verdict.verdict),
      verdict.operations.length === 0 ? verdict.words : link(verdict.words, () => name(verdict)),
    ]);
    element("verdicts").replaceChildren(
      rows.length === 0
        ? marked("dim", "Nothing was judged.")
        : table("As asked for, and as if all had asked for that level", [
          "guarantee",
          "verdict",
          "the operations that cannot be ordered, or why it is not known",
        ], rows),
    );
  }

  /** Shows the operations that break a guarantee. @param {Verdict} verdict */
  function name(verdict) {
    state.named = new Set(verdict.operations);
    const shown = verdict.operations.map((number) => operations[number]);
    const from = Math.min(...shown.map(({ began }) => began));
    const to = Math.max(...shown.map(({ began, ended }) => ended ?? began));
    const room = Math.max(1000, (to - from) / 4);
    select("axis").value = state.axis = "wall";
    see(from - room, to + room);
    moveTo(to);
    element("diagram").focus();
  }

  function drawValues() {
    const key = select("key").value;
    const holder = element("values");
    const wide = Math.max(480, holder.clientWidth);
    const lane = 30;
    const tall = story.replicas * lane + 8;
    const root = svg("svg", {
      ...{ viewBox: `0 0 ${wide} ${tall}`, height: tall, role: "img" },
      "aria-label": `The values of ${key} at each replica over time; the table tells them`,
    });
    /** @type {string[][]} */
    const rows = [];
    for (let replica = 0; replica < story.replicas; replica++) {
      const values = valuesAt(replica, key);
      values.forEach(({ at, value, until }) => {
        const [left, right] = [within(x(replica, at)), within(x(replica, until))];
        rows.push([`${replica}`, ms(at), value ?? "nothing"]);
        if (!isSeen(x(replica, at), x(replica, until))) return;
        root.append(titled(
          svg("rect", {
            ...{ class: "value", x: left, y: replica * lane + 4, height: lane - 8 },
            width: Math.max(1, right - left),
          }),
          `replica ${replica} holds ${value ?? "nothing"} from ${ms(at)}`,
        ));
        if (right - left > 24) {
          root.append(svg("text", { x: left + 4, y: replica * lane + 19 }, value ?? "–"));
        }
      });
      root.append(svg("text", {
        ...{ x: GUTTER - 10, y: replica * lane + 19, "text-anchor": "end" },
      }, `replica ${replica}`));
    }
    const left = x(0, state.cursor);
    if (isSeen(left, left)) {
      root.append(svg("line", { class: "cursor", x1: left, x2: left, y1: 0, y2: tall }));
    }
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = "As a table";
    details.append(summary, table(`Values of ${key}`, ["replica", "from", "value"], rows));
    holder.replaceChildren(root, details);
  }

  /** @param {number} replica @param {string} key */
  function valuesAt(replica, key) {
    const values = messages
      .flatMap(({ applied, changes, index }) => {
        const at = applied[replica];
        if (at === null) return [];
        return changes.filter(([changed]) => changed === key)
          .map(([, value]) => ({ at, index: index ?? 0, value }));
      })
      .sort((a, b) => a.index - b.index);
    return values.map(({ at, value }, i) => ({ at, value, until: values[i + 1]?.at ?? lasts }));
  }

  /** So many rows are shown at once. */
  const ROWS_MAX = 300;

  function drawOperations() {
    const seen = operations.map((operation, number) => ({ operation, number })).filter(
      ({ operation: { replica, began, ended } }) =>
        isSeen(x(replica, began), x(replica, ended ?? lasts)),
    );
    const rows = seen.slice(0, ROWS_MAX).map(({ operation, number }) => {
      const { client, replica, level, words, answer, began, ended, outcome, staleBy } = operation;
      const until = windowOf(operation);
      const go = () => {
        state.named = new Set([number]);
        moveTo(began);
      };
      return [
        link(ms(began), go),
        `client ${client} at ${replica}`,
        level,
        words,
        outcome === "ok" ? answer : marked("unanswered", `${outcome}: ${answer || "no answer"}`),
        ended === null ? "–" : ms(ended - began),
        staleBy === null ? "" : marked("illegal", `✱ stale: misses ${operations[staleBy].words}`),
        until === null ? "" : ms(until.to - until.from),
      ];
    });
    element("window").textContent = `${seen.length} of ${operations.length} operations are seen` +
      (seen.length > ROWS_MAX ? `; the first ${ROWS_MAX} are listed` : "");
    element("operations").replaceChildren(table("Operations in the diagram", [
      "asked at",
      "who",
      "level",
      "what",
      "answer",
      "took",
      "stale",
      "staleness window",
    ], rows));
  }

  function drawNow() {
    const at = state.cursor;
    const here = marks.filter((mark) => mark.at === at)
      .map(({ replica, kind, words }) => `replica ${replica}: ${kind} ${words}`);
    const came = arrows.filter(({ received }) => received === at)
      .map(({ from, to, words }) => `${words} comes from ${from} to ${to}`);
    const asked = operations.filter(({ began, ended }) => began === at || ended === at)
      .map((operation) =>
        operation.began === at
          ? `client ${operation.client} asks ${operation.words}`
          : `client ${operation.client} is told ${operation.answer}`
      );
    const told = [...asked, ...came, ...here].join("; ");
    element("now").textContent = `${ms(at)}${told === "" ? "" : `: ${told}`}`;
    input("moment").value = String(
      Math.round((at - begins) / (lasts - begins) * 1_000_000),
    );
  }

  let asked = false;
  function draw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      drawDiagram();
      drawNow();
      drawQueues();
      drawValues();
      drawOperations();
    });
  }

  // What is done

  /** @param {number} from @param {number} to */
  function see(from, to) {
    const wide = Math.min(Math.max(to - from, state.axis === "wall" ? 20 : 2), span() * 1.04);
    const least = start() - span() * 0.02;
    state.from = Math.min(Math.max(from, least), start() + span() * 1.02 - wide);
    state.to = state.from + wide;
    draw();
  }

  const seeAll = () => see(start() - span() * 0.02, start() + span() * 1.02);

  /** @param {number} by @param {number} [at] in units of the axis */
  function zoom(by, at = middle()) {
    see(at - (at - state.from) * by, at + (state.to - at) * by);
  }

  /** The cursor, if it is seen; else the middle. */
  function middle() {
    const at = state.axis === "wall" ? state.cursor : lamport(0, state.cursor);
    return at >= state.from && at <= state.to ? at : (state.from + state.to) / 2;
  }

  /** @param {number} at */
  function moveTo(at) {
    state.cursor = Math.min(Math.max(at, begins), lasts);
    const shown = state.axis === "wall" ? state.cursor : lamport(0, state.cursor);
    const wide = state.to - state.from;
    if (shown < state.from || shown > state.to) see(shown - wide / 2, shown + wide / 2);
    draw();
  }

  /** @param {1 | -1} way */
  function step(way) {
    const at = way === 1
      ? moments.find((moment) => moment > state.cursor)
      : moments.findLast((moment) => moment < state.cursor);
    if (at !== undefined) moveTo(at);
  }

  const playButton = /** @type {HTMLElement} */ (document.querySelector('[data-do="play"]'));

  function play() {
    if (state.playing !== 0) return stop();
    if (state.cursor >= lasts) state.cursor = begins;
    playButton.textContent = "■ stop";
    playButton.setAttribute("aria-pressed", "true");
    let before = performance.now();
    const on = (/** @type {number} */ now) => {
      moveTo(state.cursor + (now - before) * 1000 * Number(select("speed").value));
      before = now;
      if (state.cursor >= lasts) return stop();
      state.playing = requestAnimationFrame(on);
    };
    state.playing = requestAnimationFrame(on);
  }

  function stop() {
    cancelAnimationFrame(state.playing);
    state.playing = 0;
    playButton.textContent = "▶ play";
    playButton.setAttribute("aria-pressed", "false");
  }

  /** @param {string} name @param {string} type @param {string} text */
  function save(name, type, text) {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const anchor = document.createElement("a");
    anchor.href = address;
    anchor.download = name;
    anchor.click();
    URL.revokeObjectURL(address);
  }

  function saveSvg() {
    const copy = /** @type {SVGElement} */ (element("picture").cloneNode(true));
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", String(width));
    const looks = document.querySelector("style")?.textContent ?? "";
    copy.prepend(svg("style", {}, looks.replaceAll(":root", "svg") + "svg{font:12px sans-serif}"));
    if (document.documentElement.dataset.theme === "dark") copy.setAttribute("data-theme", "dark");
    save("kvdist.svg", "image/svg+xml", new XMLSerializer().serializeToString(copy));
  }

  /** A log for ShiViz: a host with its vector clock, made from the arrows, and a line. */
  function shiviz() {
    /** @typedef {{ at: number, replica: number, text: string, sends?: Arrow, receives?: Arrow }} Line */
    const sendings = arrows.flatMap((arrow) => {
      const { sent: at, from, to, words } = arrow;
      return at === null
        ? []
        : [{ at, replica: from, text: `sends ${words} to ${to}`, sends: arrow }];
    });
    const comings = arrows.flatMap((arrow) => {
      const { received: at, from, to, words } = arrow;
      const text = `receives ${words} from ${from}`;
      return at === null ? [] : [{ at, replica: to, text, receives: arrow }];
    });
    const own = marks.map(({ at, replica, kind, words }) => ({
      at,
      replica,
      text: `${kind} ${words}`,
    }));
    /** @type {Line[]} */
    const lines = [...sendings, ...comings, ...own];
    const now = clocks.map(() => /** @type {number[]} */ (Array(story.replicas).fill(0)));
    /** @type {Map<Arrow, number[]>} */
    const sent = new Map();
    const told = lines.sort((a, b) => a.at - b.at).map(({ replica, text, sends, receives }) => {
      const clock = now[replica];
      clock[replica]++;
      const other = receives === undefined ? undefined : sent.get(receives);
      other?.forEach((count, id) => clock[id] = Math.max(clock[id], count));
      if (sends !== undefined) sent.set(sends, [...clock]);
      const shown = clock.flatMap((count, id) => count > 0 ? [`"replica${id}":${count}`] : []);
      return `replica${replica} {${shown.join(",")}}\n${text.replaceAll("\n", " ")}\n`;
    });
    save("kvdist.shiviz.log", "text/plain", told.join(""));
  }

  function theme() {
    const { dataset } = document.documentElement;
    dataset.theme = dataset.theme === "dark" ? "light" : "dark";
  }

  /** @type {Record<string, () => void>} */
  const ACTS = {
    first: () => moveTo(begins),
    back: () => step(-1),
    play,
    step: () => step(1),
    out: () => zoom(1.6),
    in: () => zoom(1 / 1.6),
    fit: seeAll,
    svg: saveSvg,
    shiviz,
    theme,
  };
  /** @type {Record<string, string>} */
  const KEYS = {
    Home: "first",
    ArrowLeft: "back",
    ArrowRight: "step",
    " ": "play",
    "-": "out",
    "+": "in",
    "=": "in",
    "0": "fit",
  };

  element("controls").addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("[data-do]") : null;
    ACTS[button?.getAttribute("data-do") ?? ""]?.();
  });
  document.addEventListener("keydown", (event) => {
    const isField = event.target instanceof HTMLElement &&
      ["INPUT", "SELECT", "BUTTON", "SUMMARY"].includes(event.target.tagName);
    const act = KEYS[event.key];
    if (isField || act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    ACTS[act]();
  });
  input("moment").addEventListener(
    "input",
    () => moveTo(begins + Number(input("moment").value) / 1_000_000 * (lasts - begins)),
  );
  select("axis").addEventListener("change", () => {
    state.axis = select("axis").value;
    seeAll();
  });
  for (const id of ["acks", "others", "key"]) element(id).addEventListener("change", draw);

  const diagram = element("diagram");
  /** @param {number} clientX in units of the axis */
  const valueAt = (clientX) => {
    const left = clientX - diagram.getBoundingClientRect().left;
    return state.from + (left - GUTTER) / (width - GUTTER - RIGHT) * (state.to - state.from);
  };
  diagram.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    zoom(event.deltaY + event.deltaX > 0 ? 1.2 : 1 / 1.2, valueAt(event.clientX));
  }, { passive: false });
  diagram.addEventListener("pointerdown", (down) => {
    const [from, to] = [state.from, state.to];
    let moved = false;
    const move = (/** @type {PointerEvent} */ event) => {
      const by = (down.clientX - event.clientX) / (width - GUTTER - RIGHT) * (to - from);
      moved ||= Math.abs(down.clientX - event.clientX) > 4;
      if (moved) see(from + by, to + by);
    };
    const up = () => {
      removeEventListener("pointermove", move);
      if (!moved && state.axis === "wall") moveTo(valueAt(down.clientX));
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up, { once: true });
  });
  addEventListener("resize", draw);

  // The beginning

  const keys = [
    ...new Set([
      ...messages.flatMap(({ changes }) => changes.map(([key]) => key)),
      ...operations.map(({ key }) => key),
    ]),
  ].filter((key) => key !== "").sort();
  for (const key of keys) select("key").append(new Option(key, key));
  if (matchMedia("(prefers-color-scheme: dark)").matches) theme();
  const stale = operations.find(({ staleBy }) => staleBy !== null);
  if (stale !== undefined) select("key").value = stale.key;
  select("speed").value = lasts < 100_000 ? "0.01" : lasts < 2_000_000 ? "0.1" : "1";
  drawVerdicts();
  moveTo(stale?.ended ?? begins);
  seeAll();
})();
