/**
 * What each level promises, in one table: of a write, of a read, and of what is asked besides.
 *
 * @module
 */

import type { Consistency } from "../../consistency.ts";
import {
  DUMP_KEYS_MAX,
  OUTBOX_BYTES_MAX,
  OUTBOX_MESSAGES_MAX,
  REQUEST_IDS_KEPT,
  SUSPECT_AFTER_MS,
} from "../../limits.ts";
import { count, roundDuration } from "../../show/quantity.ts";
import type { Fsync } from "../../store/boot.ts";
import type { Point } from "./explanation.ts";

/** What is asked of a replica, as far as levels tell it apart. */
export const KINDS = ["write", "change", "get", "list", "outcome"] as const;

/** One of {@linkcode KINDS}. */
export type Kind = typeof KINDS[number];

/** A scene of `kvdist demo`. */
export type SceneName = readonly [demo: string, scene: number];

/** What a level promises of an answer. Of one that is always a refusal there is less to say. */
export interface Promised {
  /** When it is given. */
  readonly answered: string;
  /** Who holds the write then; of a write only. */
  readonly held?: string;
  /** What may be relied on. */
  readonly means: string;
  /** What it does not say. */
  readonly not?: string;
  /** What the end of a process costs, and the loss of a folder. */
  readonly crash?: string;
  /** What a power cut can cost, by what `--fsync` says. */
  readonly powerCut?: Readonly<Record<Fsync, string>>;
  /** What happens at a replica that is cut off from the majority. */
  readonly cutOff?: string;
  /** What readers at other replicas may see. */
  readonly elsewhere?: string;
  /** What to use if that is not enough. */
  readonly instead: string;
  /** Where it can be seen. */
  readonly scenes: readonly SceneName[];
}

/** What a level is, in a few lines. */
export interface Summary {
  /** What `STORED` means. */
  readonly stored: string;
  /** What a read's answer means. */
  readonly read: string;
  /** What neither means. */
  readonly not: string;
  /** What can be seen. */
  readonly example: string;
}

const SUSPICION = roundDuration(SUSPECT_AFTER_MS);
const OUTBOX = `${OUTBOX_BYTES_MAX / 2 ** 20} MiB or ${count(OUTBOX_MESSAGES_MAX)} writes`;
const IDS = count(REQUEST_IDS_KEPT);

/** The levels in a few lines each. */
export const SUMMARIES: Readonly<Record<Consistency, Summary>> = {
  eventual: {
    stored: "Its own replica has the write safe. It will get its place in the one order of all " +
      "writes, and all replicas come to hold the same.",
    read: "What that replica has applied so far.",
    not: "That a read sees the write already, even one's own; that it wins over a write that is " +
      "answered later.",
    example: "set x 1 is answered STORED, and get x, asked at the same replica right after, may " +
      "still give the old value.",
  },
  sequential: {
    stored:
      "The write has its place in the one order, every member of the view holds it, and its " +
      "own replica has applied it.",
    read: "What that replica has applied so far: old perhaps, never out of order.",
    not: "That another replica has applied the write: a read there may still be old.",
    example: "After set x 1 at replica 0 is STORED, get x at replica 0 gives 1; at replica 1 it " +
      "may give the old value for a while.",
  },
  linearizable: {
    stored: "As in sequential.",
    read: "Nothing that was answered at sequential or linearizable before the read began is " +
      "missing from it: a majority has confirmed that.",
    not: "Anything without a majority: such a read is refused, never old. An eventual write need " +
      "not be in it yet.",
    example:
      "After set x 1 is STORED at any replica, get x gives 1, or what was written after it, " +
      "at every replica.",
  },
};

const EVENTUAL_WRITE: Promised = {
  answered:
    "When its own replica has it safe: on disk with --fsync always. Its place in the order " +
    "may be given, and it may be applied, only later.",
  held: "That one replica; the others get it next, or when they can be reached.",
  means: "Once its replica is in a working view it gets its place in the order; every replica " +
    "applies it there, and all come to hold the same.",
  not: "That anyone can read it yet, this client included; or that it wins over writes that are " +
    "answered after it: what counts is when it is ordered.",
  crash: "If its replica is killed it is not lost: the next start goes on with it. If the folder " +
    "is lost before another replica has the write, the write is lost.",
  powerCut: {
    always: "Costs nothing.",
    interval: "Can cost the last second of such writes.",
    never: "Can cost those that the system had not yet written.",
  },
  cutOff:
    `It is taken, and waits there on disk, up to ${OUTBOX}. When the cut heals it comes last ` +
    "in the order, and overwrites what the others wrote meanwhile.",
  elsewhere: "The older value until it is applied there.",
  instead:
    "sequential, which is answered when the place in the order is final. To read one's own " +
    "writes and never go back: kvdist client --session.",
  scenes: [["stale", 1], ["crash", 4], ["partition", 2]],
};

const SEQUENTIAL_WRITE: Promised = {
  answered: "When its own replica has delivered it in the one order of all writes, and applied it.",
  held: "Every member of the view, which is a majority or more: on disk with --fsync always. Its " +
    "own replica has applied it, the others do so at the same place of the order.",
  means:
    "Its place is final, and behind every sequential or linearizable write that was answered " +
    "before it was asked. Sequential reads at its replica see it from now on, and linearizable reads at any " +
    "replica.",
  not: "That the other replicas have applied it.",
  crash:
    "Nothing is lost while a majority keeps its folders. Without a member that is gone, writes " +
    `pause for the suspicion time (${SUSPICION} unless --suspect-after says another) and go on.`,
  powerCut: {
    always: "Costs nothing, even at all machines.",
    interval:
      "At one machine it costs nothing: the others have it. At all it can cost the last second.",
    never: "At one machine it costs nothing: the others have it. At all it can cost what the " +
      "system had not yet written.",
  },
  cutOff: "The majority goes on in a view of its own. Elsewhere it is refused with no_quorum or " +
    "timeout at its time limit; if it was under way it may still happen, and the refusal says so.",
  elsewhere:
    "The older value until it is applied there, unless they read linearizably or bring the " +
    "session token along.",
  instead:
    "No level holds a write more firmly. To see it at any replica: read at linearizable, or " +
    "with a session token.",
  scenes: [["stale", 2], ["crash", 1], ["partition", 1]],
};

/** What a write shows that changes a key by what is there. */
function changing(write: Promised, answered: string): Promised {
  return {
    ...write,
    answered,
    means:
      "It was judged and carried out at its place in the order, on what all writes before it " +
      `left there: the same at every replica. Asked again under its --id it gives the same. ${write.means}`,
  };
}

const NEVER_EVENTUAL: Promised = {
  answered:
    "At once, and always with needs_order: what it gives depends on its place in the order, " +
    "which an eventual write has not got when it is answered.",
  means: "Nothing was done, and nothing will be.",
  instead: "--consistency sequential with the request, whatever the cluster's level is.",
  scenes: [],
};

const EVENTUAL_READ: Promised = {
  answered: "At once, from what that replica has applied.",
  means: "The key had this value, or none, at some place of the one order of all writes.",
  not: "How long ago that was: writes that were answered since can be missing, one's own included.",
  crash:
    "A replica that was killed shows what it had shown. One without its folder shows what has " +
    "arrived so far: nothing at first.",
  powerCut: {
    always: "The replica may show less than before until it is in a view again. Nothing is gone.",
    interval:
      "The replica may show less than before until it is in a view again. At all machines, " +
      "what was written in the last second can be gone although it was read.",
    never: "The replica may show less than before until it is in a view again. At all machines, " +
      "what the system had not yet written can be gone although it was read.",
  },
  cutOff: "It is answered all the same, however old it is.",
  elsewhere: "Other values at the same moment: each replica shows how far it has got.",
  instead:
    "kvdist client --session, to read one's own writes and never go back; linearizable, to " +
    "miss nothing that was answered at sequential or above.",
  scenes: [["stale", 1], ["move", 1], ["move", 2]],
};

const SEQUENTIAL_READ: Promised = {
  answered:
    "At once, from what that replica has applied, unless it may have forgotten what it has " +
    "shown: then not before it is in a view again.",
  means: "Reads at one replica only go forward in the one order of all writes, and see every " +
    "sequential write that it has answered.",
  not: "That it is the newest: a write that was answered at another replica can be missing. A " +
    "client that goes to another replica without its session token can go back.",
  crash: "A replica that was killed shows at least what it had shown. One without its folder " +
    "refuses with no_quorum until it is rebuilt.",
  powerCut: {
    always: "The replica refuses with no_quorum until it is in a view again. Nothing is gone.",
    interval: "The replica refuses with no_quorum until it is in a view again. At all machines, " +
      "what was written in the last second can be gone although it was read.",
    never:
      "The replica refuses with no_quorum until it is in a view again. At all machines, what " +
      "the system had not yet written can be gone although it was read.",
  },
  cutOff: "It is answered from what the replica holds, without what the others write meanwhile.",
  elsewhere: "An older or a newer value, in the same order.",
  instead:
    "linearizable, to miss nothing that was answered at sequential or above; a session token, to move " +
    "without going back.",
  scenes: [["stale", 3], ["linearizable", 1], ["partition", 1]],
};

const LINEARIZABLE_READ: Promised = {
  answered:
    "From what that replica has applied, when a majority has confirmed that no later view " +
    "is known, and all that the replica had received before is applied.",
  means: "It sees every sequential and linearizable write that was answered before it began, at " +
    "whichever replica, and whatever such a read had seen.",
  not:
    "That an eventual write is in it before that is ordered. A write that is not answered yet may " +
    "be in it or not.",
  crash: "A read under way is asked again in the next view, after the suspicion time " +
    `(${SUSPICION} unless --suspect-after says another); at its time limit it is refused.`,
  powerCut: {
    always: "What was read is there afterwards, even if all machines lost power.",
    interval: "At one machine it costs nothing. At all, what was written in the " +
      "last second can be gone although it was read.",
    never: "At one machine it costs nothing. At all, what the system had not yet written can be " +
      "gone although it was read.",
  },
  cutOff:
    "It is refused with no_quorum or timeout at its time limit, never answered from what may " +
    "be old.",
  elsewhere:
    "A linearizable read that begins later sees this or what was written after it; reads at " +
    "lower levels may still be older.",
  instead:
    "Nothing sees more. Where it costs too much, one question to a majority, a session token " +
    "does for one's own writes.",
  scenes: [["linearizable", 2], ["linearizable", 3], ["partition", 1]],
};

/** What a list of keys shows: it has no level of its own. */
function listing(read: Promised): Promised {
  return {
    ...read,
    answered: "From what that replica has applied, " +
      `${DUMP_KEYS_MAX} keys at a time with writes in between. It is read at the cluster's level, ` +
      "whatever the request says, and never confirmed by a majority.",
    means: `${read.means} That holds of each key by itself: the list is of no single moment.`,
    not: `${read.not} No session token goes with it.`,
    instead: "get of the keys that matter, at the level that they need.",
    scenes: [],
  };
}

const ASKED_OUTCOME: Promised = {
  answered:
    "When it is certain. If the replica does not know the id, a mark is put into the order; " +
    "when that is delivered, the write stands before it, or never will.",
  means:
    "applied: the write is in the order, once. never: no sequential or linearizable write with " +
    "this id is carried out any more. unknown: it may still be applied.",
  not: `What came of ids from before the last ${IDS} writes: they are forgotten. never holds ` +
    "back no eventual write.",
  crash: "What was answered stays true, in the next process and at every other replica.",
  powerCut: SEQUENTIAL_WRITE.powerCut,
  cutOff:
    "What the replica has applied it tells; otherwise the answer is unknown at the time limit.",
  elsewhere: "The same answer, unless it is unknown.",
  instead: "Ask only when the write is given up: the question itself rules it out if it is not " +
    "there. To have it done, ask the write again under its --id: it is applied once.",
  scenes: [["partition", 1]],
};

/** What each level promises of an answer. */
export const PROMISES: Readonly<Record<Consistency, Readonly<Record<Kind, Promised>>>> = {
  eventual: {
    write: EVENTUAL_WRITE,
    change: NEVER_EVENTUAL,
    get: EVENTUAL_READ,
    list: listing(EVENTUAL_READ),
    outcome: {
      ...ASKED_OUTCOME,
      answered:
        "At once: from what that replica has applied. Nothing is put into the order, since " +
        "no mark can hold back a write that is answered already.",
      means: "applied: the write is in the order, once. unknown: it is not applied here, and may " +
        "wait at another replica. never: it was asked about at a higher level before, and ruled out " +
        "there.",
      cutOff: "What the replica has applied it tells; otherwise the answer is unknown.",
      elsewhere: "Perhaps another answer: each replica tells what it has applied.",
      instead:
        "Ask at the replica that was given the write, and again later. To have it done, ask " +
        "the write again under its --id: it is applied once.",
    },
  },
  sequential: {
    write: SEQUENTIAL_WRITE,
    change: changing(
      SEQUENTIAL_WRITE,
      "As set: when its own replica has delivered and applied it.",
    ),
    get: SEQUENTIAL_READ,
    list: listing(SEQUENTIAL_READ),
    outcome: ASKED_OUTCOME,
  },
  linearizable: {
    write: {
      ...SEQUENTIAL_WRITE,
      answered:
        "As in sequential, the level changes nothing of a write: when its own replica has " +
        "delivered it in the one order of all writes, and applied it.",
      scenes: [["linearizable", 2], ["crash", 1]],
    },
    change: changing(
      SEQUENTIAL_WRITE,
      "As in sequential: when its own replica has delivered and applied it.",
    ),
    get: LINEARIZABLE_READ,
    list: listing(SEQUENTIAL_READ),
    outcome: ASKED_OUTCOME,
  },
};

/** What is promised, with the cost of a power cut for each of the settings. */
export function promisedPoints(promised: Promised, settings: readonly Fsync[]): Point[] {
  return [
    ...point("answered", promised.answered),
    ...point("held by", promised.held),
    ...point("means", promised.means),
    ...point("not", promised.not),
    ...lossPoints(promised, settings),
    ...point("cut off", promised.cutOff),
    ...point("elsewhere", promised.elsewhere),
    ...point("not enough?", promised.instead),
  ];
}

/** What a crash and a power cut can cost. */
export function lossPoints({ crash, powerCut }: Promised, settings: readonly Fsync[]): Point[] {
  return [
    ...point("crash", crash),
    ...settings.flatMap((fsync) => {
      if (powerCut === undefined) return [];
      return point("power cut", `--fsync ${fsync}: ${powerCut[fsync]}`);
    }),
  ];
}

function point(about: string, text: string | undefined): Point[] {
  return text === undefined ? [] : [[about, text]];
}
