/**
 * Puts the lines of a trace together to the story that they tell.
 *
 * @module
 */

import { Arrows } from "./arrows.ts";
import { Bands } from "./bands.ts";
import type {
  Covers,
  FaultLine,
  ReceiveLine,
  ReplicaLine,
  Stamped,
  TraceHeader,
  TraceLine,
  ViewLine,
} from "./line.ts";
import { Messages } from "./messages.ts";
import { Operations } from "./operations.ts";
import type { FaultStory, Mark, Story } from "./story.ts";
import { messageName, messageNames, shown, shownWords } from "./words.ts";

/** Puts the lines of a trace together; they must stand in the order of time. */
export function storyOf(
  lines: readonly TraceLine[],
  { replicas, began }: Pick<TraceHeader, "replicas" | "began">,
): Story {
  const teller = new StoryTeller(replicas, began);
  for (const line of lines) teller.take(line);
  return teller.story();
}

/** Puts lines together while they come; they must come in the order of time. */
export class StoryTeller {
  readonly #replicas: number;
  readonly #began: number;
  readonly #messages: Messages;
  readonly #arrows = new Arrows();
  readonly #marks: Mark[] = [];
  readonly #operations = new Operations();
  readonly #bands = new Bands();
  readonly #faults: FaultStory[] = [];
  #every = 1;
  #last = 0;

  /** Of so many replicas; moments count from `began`, in microseconds since 1970. */
  constructor(replicas: number, began: number) {
    this.#replicas = replicas;
    this.#began = began;
    this.#messages = new Messages(replicas);
  }

  /** Takes the next line. */
  take(line: TraceLine): void {
    if (!("at" in line)) return;
    const at = (line.at - this.#began) / 1000;
    this.#last = at;
    switch (line.type) {
      case "invoke":
        return this.#operations.invoked(line, at);
      case "ok":
      case "fail":
      case "info":
        return this.#operations.answered(line, at);
      case "fault":
        return this.#takeFault(line, at);
      default:
        this.#takeReplica(line, at);
        this.#bands.heard(line.replica, at);
    }
  }

  /** What the lines so far tell; it goes on with the further ones. */
  story(): Story {
    this.#messages.finish();
    const messages = this.#messages.all;
    this.#operations.finish(messages, (origin, n) => this.#messages.place(origin, n));
    return {
      replicas: this.#replicas,
      began: this.#began / 1000,
      lasts: this.#last,
      messages,
      arrows: this.#arrows.all,
      marks: this.#marks,
      operations: this.#operations.all,
      clients: this.#operations.clients,
      bands: this.#bands.all,
      faults: this.#faults,
      every: this.#every,
    };
  }

  #takeReplica(line: ReplicaLine, at: number): void {
    const { replica, time } = line;
    const mark = (kind: Mark["kind"], words: string, messages: readonly number[] = []) =>
      this.#marks.push({ at, replica, time, kind, words, messages });
    switch (line.type) {
      case "start":
        this.#bands.started(replica, at);
        this.#arrows.moved(replica, at);
        this.#messages.replaced(replica, line.pending ?? [], at);
        this.#messages.reached(replica, line.index, at);
        return void mark("start", `starts at index ${line.index}`);
      case "submit": {
        const places = this.#messages.submitted(line, at);
        return void mark("submit", this.#named(places), places);
      }
      case "broadcast": {
        this.#messages.queued(replica, replica, line.messages, at);
        const numbers = line.messages.map(([n]) => n);
        const words = messageNames(replica, numbers);
        const names = line.messages.map(stampedName);
        return line.to.forEach((to) =>
          this.#arrows.sent({ kind: "broadcast", from: replica, to, words, names, at, time })
        );
      }
      case "acknowledge": {
        this.#messages.acknowledged(replica, replica, line.covers, at);
        const { words, names } = this.#acknowledgement(line);
        return line.to.forEach((to) =>
          this.#arrows.sent({ kind: "acknowledge", from: replica, to, words, names, at, time })
        );
      }
      case "send": {
        const words = shownWords(line.message);
        return line.to.forEach((to) =>
          this.#arrows.sent({
            kind: "other",
            from: replica,
            to,
            words,
            names: [line.message],
            at,
            time,
          })
        );
      }
      case "receive":
        return this.#received(line, at);
      case "deliver": {
        const places = this.#messages.delivered(replica, line.messages, at);
        return void mark("deliver", this.#placed(places), places);
      }
      case "apply": {
        const places = this.#messages.applied(replica, line.messages, at);
        return void mark("apply", this.#placed(places), places);
      }
      case "view":
        this.#bands.stands(line, at);
        this.#arrows.moved(replica, at);
        if (line.state === "installed") this.#messages.replaced(replica, line.pending ?? [], at);
        return void mark("view", viewWords(line));
      case "restore":
        this.#messages.restored(replica, line.delivered ?? [], at);
        this.#messages.reached(replica, line.index, at);
        return void mark("restore", `rebuilt from ${line.from}: #${line.index}`);
      case "suspect":
        return void mark("suspect", `suspects ${line.peer}: ${shownWords(line.reason)}`);
      case "sample":
        this.#messages.sampled(replica, line.every, at);
        this.#every = Math.max(this.#every, line.every);
        return void mark("sample", `tells of each ${line.every}th`);
    }
  }

  #received(line: ReceiveLine, at: number): void {
    const { replica: to, from, time } = line;
    switch (line.of) {
      case "broadcast": {
        if (!line.ignored) this.#messages.queued(to, from, line.messages, at);
        const words = messageNames(from, line.messages.map(([n]) => n));
        const names = line.messages.map(stampedName);
        return this.#arrows.received({ kind: "broadcast", from, to, words, names, at, time });
      }
      case "acknowledge": {
        if (!line.ignored) {
          this.#messages.acknowledged(to, from, line.covers, at);
          this.#broadcastCame(from, line.covers, at);
        }
        const { words, names } = this.#acknowledgement(line);
        return this.#arrows.received({ kind: "acknowledge", from, to, words, names, at, time });
      }
      case "other": {
        const words = shownWords(line.message);
        return this.#arrows.received({
          kind: "other",
          from,
          to,
          words,
          names: [line.message],
          at,
          time,
        });
      }
    }
  }

  /** To who acknowledges it. */
  #broadcastCame(to: number, covers: Covers, at: number): void {
    const covered = this.#messages.covered(covers);
    if (covered === null) return;
    const [from, time] = covers;
    this.#arrows.acknowledged({ from, to, name: stampedName([covered.n, time]), at });
  }

  #acknowledgement(
    { covers, stamp }: { readonly covers: readonly [number, number]; readonly stamp: number },
  ) {
    const [origin, time] = covers;
    const covered = this.#messages.covered(covers);
    const of = covered === null ? `${origin}@${time}` : messageName(origin, covered.n);
    return { words: `ack ${of}`, names: [`acknowledge ${origin}@${time} ${stamp}`] };
  }

  /** Messages by their names and what they do. */
  #named(places: readonly number[]): string {
    const [first] = places.map((place) => this.#messages.all[place]);
    const words = `${messageName(first.origin, first.n)} ${first.words ?? ""}`.trimEnd();
    return places.length === 1 ? words : `${words} and ${places.length - 1} more`;
  }

  /** Messages by their places. */
  #placed(places: readonly number[]): string {
    const [first] = places.map((place) => this.#messages.all[place]);
    const words = `#${first.index} ${first.words ?? messageName(first.origin, first.n)}`;
    return places.length === 1 ? words : `${words} and ${places.length - 1} more`;
  }

  #takeFault({ fault, phase, replicas, ways = [] }: FaultLine, at: number): void {
    if (phase === "begin") {
      this.#faults.push({ fault: shown(fault), replicas, ways, from: at, to: null });
      if (fault === "kill" || fault === "wipe") {
        for (const replica of replicas) this.#bands.ended(replica, at);
      }
      return;
    }
    const open = this.#faults.find((known) =>
      known.to === null && known.fault === shown(fault) &&
      known.replicas.join() === replicas.join() &&
      known.ways.join() === ways.join()
    );
    if (open !== undefined) open.to = at;
  }
}

/** What a message is called on its link: a name that it has in one view only. */
function stampedName([n, time]: Stamped): string {
  return `broadcast ${n}@${time}`;
}

function viewWords({ state, ballot, members }: ViewLine): string {
  if (ballot === null) return "leaves its view";
  const words = state === "live" ? "live" : "installs";
  return `${words} ${ballot.join(".")}: ${members.join(" ")}`;
}
