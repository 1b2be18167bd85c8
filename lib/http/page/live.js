/**
 * The live page: shows what `GET /events` tells once a second, sets and gets keys, and looks how a
 * value spreads. What comes is shown as text, never taken for markup.
 *
 * @module
 */

import { showCharts } from "./charts.js";
import { element, input, made, say } from "./elements.js";
import { count, time } from "./words.js";

/** Who has ended the stream is asked again after this long. */
const AGAIN_MS = 2_000;
/** A replica is asked for so long whether it has applied a write: a browser lets few ask at once. */
const ASK_MS = 1_500;
/** One that cannot be asked is asked again after this long … */
const PAUSE_MS = 200;
/** … but not for ever. */
const SPREAD_MS_MAX = 120_000;
/** The growing bars are drawn this often. */
const DRAW_MS = 100;

/**
 * @typedef {{ perSecond: number, failedPerSecond: number, p50Ms: number | null, p99Ms: number | null }} Kind
 * @typedef {{
 *   state: string, view: { ballot: [number, number], members: number[] } | null,
 *   consistency: string, version: string, replicas: number, applied: number, lag: number,
 *   pending: number, outbox: number, keys: number, staleness: number, missing: { id: number }[],
 *   obstacle: string | null,
 * }} Status
 * @typedef {{
 *   id: number, client: string, up: boolean, reason?: string, status?: Status,
 *   activity?: { read: Kind, write: Kind } | null,
 * }} Replica
 * @typedef {{ replica: number, fault: string, leftMs: number | null, byMs?: number }} Fault
 * @typedef {{ time: string, replicas: Replica[], faults: Fault[] | null }} Snapshot
 */

// Replicas

/** What a card tells of a replica that is up. @type {[name: string, of: (status: Status, replica: Replica) => string][]} */
const FACTS = [
  [
    "view",
    ({ view }) =>
      view === null ? "none yet" : `${view.ballot.join(".")}: ${view.members.join(" ")}`,
  ],
  ["missing", ({ missing }) => missing.map(({ id }) => id).join(" ") || "–"],
  ["staleness", ({ staleness }) => time(staleness)],
  ["lag", ({ lag }) => count(lag)],
  ["pending", ({ pending }) => count(pending)],
  ["outbox", ({ outbox }) => count(outbox)],
  ["applied", ({ applied }) => count(applied)],
  ["keys", ({ keys }) => count(keys)],
  ["writes/s", (_, { activity }) => told(activity?.write)],
  ["reads/s", (_, { activity }) => told(activity?.read)],
];

/** @param {Kind | undefined} kind */
function told(kind) {
  if (kind === undefined) return "–";
  const failed = kind.failedPerSecond > 0 ? `, ${count(kind.failedPerSecond)} failed` : "";
  const p99 = kind.p99Ms === null ? "" : `, p99 ${time(kind.p99Ms)}`;
  return `${count(kind.perSecond)}${failed}${p99}`;
}

/** By id: what shows a replica and what is done to it. @type {Map<number, (replica: Replica, faults: Fault[] | null) => void>} */
const cards = new Map();

/** Made once, so that a button stays where it is pressed. @param {number} id */
function newCard(id) {
  const card = made("article", "", "card");
  card.dataset.replica = String(id);
  const state = made("span");
  const why = made("p", "", "why");
  const facts = document.createElement("dl");
  const values = FACTS.map(([name]) => {
    const value = document.createElement("dd");
    facts.append(made("dt", name), value);
    return value;
  });
  const head = made("div", "", "card-head");
  head.append(made("h3", `replica ${id}`), state);
  const fault = newFaults(id);
  card.append(head, why, facts, fault.row);
  element("replicas").append(card);
  return (/** @type {Replica} */ replica, /** @type {Fault[] | null} */ faults) => {
    fault.show(faults);
    const { up, status, reason, client } = replica;
    // In a view it may be without a majority all the same.
    const isLive = status?.state === "live" && status.obstacle === null;
    card.classList.toggle("bad", !isLive);
    state.className = isLive ? "good" : "wrong";
    const isStuck = status?.state === "live" && !isLive;
    say(
      state,
      !up ? "✕ down" : isLive ? "● live" : isStuck ? "◌ cannot order" : `◌ ${status?.state}`,
    );
    why.classList.toggle("dim", isLive);
    say(why, isLive ? `at ${client}` : reason ?? status?.obstacle ?? "");
    FACTS.forEach(([, of], i) => say(values[i], status === undefined ? "–" : of(status, replica)));
  };
}

// Faults

const FAULTS = ["pause", "cut", "delay", "kill"];
const DONE = new Map([
  ["pause", "paused"],
  ["cut", "cut off"],
  ["delay", "late"],
  ["kill", "killed; it is started again"],
]);

/** The buttons of a replica, and what is under way there. @param {number} id */
function newFaults(id) {
  const row = made("div", "", "faults");
  const words = made("span", "", "wrong");
  const stop = button("end", `end what is done to replica ${id}`, () => ask(id, "DELETE", {}));
  const begins = FAULTS.map((fault) =>
    button(fault, `${fault} replica ${id}`, () => ask(id, "POST", asFault(fault)))
  );
  row.append(...begins, words, stop);
  return {
    row,
    show: (/** @type {Fault[] | null} */ faults) => {
      row.hidden = faults === null;
      const own = faults?.find(({ replica }) => replica === id);
      for (const one of begins) one.hidden = own !== undefined;
      stop.hidden = own === undefined || own.leftMs === null;
      words.hidden = own === undefined;
      if (own !== undefined) say(words, faultWords(own));
    },
  };
}

/** @param {Fault} fault */
function faultWords({ fault, leftMs, byMs }) {
  const by = byMs === undefined ? "" : ` by ${time(byMs)}`;
  const left = leftMs === null ? "" : `, ${Math.ceil(leftMs / 1000)} s left`;
  return `${DONE.get(fault) ?? fault}${by}${left}`;
}

/** @param {string} text @param {string} about @param {() => void} act */
function button(text, about, act) {
  const one = made("button", text);
  one.setAttribute("type", "button");
  one.setAttribute("aria-label", about);
  one.dataset.do = text;
  one.addEventListener("click", act);
  return one;
}

/** @param {string} fault @returns {Record<string, string>} */
function asFault(fault) {
  if (fault === "kill") return { fault };
  const ms = input("lasts").value;
  return { fault, ms, ...(fault === "delay" && { by: input("by").value }) };
}

/** @param {number} id @param {string} method @param {Record<string, string>} query */
async function ask(id, method, query) {
  let text = "";
  try {
    const response = await fetch(`/faults/${id}?${new URLSearchParams(query)}`, { method });
    if (!response.ok) text = await failure(response);
  } catch {
    text = "the server does not answer";
  }
  element("fault-answer").className = "wrong";
  say(element("fault-answer"), text);
}

/** @param {Replica[]} replicas @param {Fault[] | null} faults */
function showReplicas(replicas, faults) {
  element("faults").hidden = faults === null;
  for (const replica of replicas) {
    const { id } = replica;
    const show = cards.get(id) ?? newCard(id);
    if (!cards.has(id)) input("replica").append(new Option(String(id), String(id)));
    cards.set(id, show);
    show(replica, faults);
  }
  const status = replicas.find(({ up }) => up)?.status;
  if (status === undefined) return;
  const elsewhere = status.replicas - replicas.length;
  const others = elsewhere > 0 ? `, ${elsewhere} of them elsewhere` : "";
  const words = `${status.version}, ${status.consistency}, ${status.replicas} replicas${others}`;
  say(element("cluster"), words);
}

// Events

/** @param {Snapshot} snapshot */
function show({ time, replicas, faults }) {
  showReplicas(replicas, faults);
  showCharts(Date.parse(time), replicas);
}

/** @param {boolean} isThere */
function connection(isThere) {
  document.body.classList.toggle("lost", !isThere);
  element("connection").className = isThere ? "good" : "wrong";
  say(
    element("connection"),
    isThere ? "connected" : "no connection to the server; it is tried again",
  );
}

function watch() {
  const source = new EventSource("/events");
  source.onmessage = ({ data }) => {
    connection(true);
    show(JSON.parse(data));
  };
  source.onerror = () => {
    connection(false);
    // A stream that breaks is opened again by the browser; one that was refused is not.
    if (source.readyState === EventSource.CLOSED) setTimeout(watch, AGAIN_MS);
  };
}
watch();

// Keys

/** @param {string} key @param {Record<string, string>} query */
const address = (key, query) => `/kv/${encodeURIComponent(key)}?${new URLSearchParams(query)}`;

/** @returns {Record<string, string>} */
function asked() {
  const level = input("level").value;
  const replica = input("replica").value;
  return { ...(replica !== "" && { replica }), ...(level !== "" && { consistency: level }) };
}

/** @param {Response} response */
async function failure(response) {
  const text = await response.text();
  try {
    const { code, text: words, maybe } = JSON.parse(text);
    return `${code}: ${words}${maybe ? " (it may still happen)" : ""}`;
  } catch {
    return text;
  }
}

/** @param {string} text @param {boolean} [isGood] */
function answer(text, isGood = true) {
  element("answer").className = isGood ? "" : "wrong";
  element("answer").textContent = text;
}

async function get() {
  const key = input("key").value;
  const began = performance.now();
  answer("asked …");
  try {
    const response = await fetch(address(key, asked()));
    const took = time(performance.now() - began);
    const by = `replica ${response.headers.get("kvdist-replica")}, ${took}`;
    if (response.ok) answer(`${key} is ${await response.text()} (${by})`);
    else if (response.status === 404) answer(`${key} has no value (${by})`);
    else answer(await failure(response), false);
  } catch {
    answer("the server does not answer", false);
  }
}

/** The write that is watched. @type {AbortController | null} */
let watched = null;

async function set() {
  watched?.abort();
  const own = watched = new AbortController();
  const key = input("key").value;
  element("spread").replaceChildren();
  const began = performance.now();
  answer("asked …");
  try {
    const response = await fetch(address(key, asked()), {
      method: "PUT",
      body: input("value").value,
    });
    const took = performance.now() - began;
    const failed = response.ok ? null : await failure(response);
    // What was set since is what is looked at now.
    if (own.signal.aborted) return;
    if (failed !== null) return answer(failed, false);
    answer(`STORED by replica ${response.headers.get("kvdist-replica")} after ${time(took)}`);
    const token = response.headers.get("kvdist-session") ?? "";
    await watchSpread({ key, token, began, signal: own.signal });
  } catch {
    if (own.signal.aborted) return;
    answer("the server does not answer; the write may have happened", false);
  }
}

/**
 * Who is sent the write's session token answers when it has applied the write.
 *
 * @param {{ key: string, token: string, began: number, signal: AbortSignal }} write
 */
async function watchSpread({ key, token, began, signal }) {
  /** When each has applied it; null while it has not. @type {Map<number, number | null>} */
  const ended = new Map([...cards.keys()].map((id) => [id, null]));
  const draw = newSpread(key, [...ended.keys()]);
  const drawNow = () => draw(ended, performance.now() - began);
  drawNow();
  const timer = setInterval(drawNow, DRAW_MS);
  await Promise.all([...ended.keys()].map(async (id) => {
    while (!signal.aborted && performance.now() - began < SPREAD_MS_MAX) {
      if (await hasApplied(id, key, token, signal)) {
        ended.set(id, performance.now() - began);
        return;
      }
    }
  }));
  clearInterval(timer);
  if (!signal.aborted) drawNow();
}

/** @param {number} id @param {string} key @param {string} token @param {AbortSignal} signal */
async function hasApplied(id, key, token, signal) {
  const query = { replica: String(id), consistency: "eventual" };
  try {
    const { status } = await fetch(address(key, query), {
      headers: { "kvdist-session": token },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]),
    });
    // Somebody may have deleted it since.
    if (status === 200 || status === 404) return true;
  } catch {
    // It waits, or cannot be reached.
  }
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  return false;
}

/** @param {string} key @param {number[]} ids */
function newSpread(key, ids) {
  const table = document.createElement("table");
  table.createCaption().textContent =
    `From asking to set ${key} until each replica has applied it, at most`;
  const body = table.createTBody();
  const rows = ids.map((id) => {
    const row = body.insertRow();
    const [bar, text] = [made("div", "", "bar"), made("td")];
    const track = made("td", "", "track");
    track.append(bar);
    row.append(made("th", `replica ${id}`), track, text);
    return { id, row, bar, text };
  });
  element("spread").replaceChildren(table);
  /** @param {Map<number, number | null>} ended @param {number} now */
  return (ended, now) => {
    const all = ids.map((id) => ended.get(id) ?? now);
    const most = Math.max(...all);
    rows.forEach(({ id, row, bar, text }, i) => {
      const isWaiting = ended.get(id) === null;
      row.className = isWaiting ? "waiting" : "";
      bar.style.width = `${all[i] / most * 100}%`;
      say(text, isWaiting ? `not yet, ${time(all[i])}` : time(all[i]));
    });
  };
}

// Whichever button is pressed, the form says what is wrong with the key.
element("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter?.id === "get") get();
  else set();
});
