/**
 * What the core tells, as lines of the log.
 *
 * @module
 */

import { unreachable } from "../invariant.ts";
import type { LogEvent } from "../log.ts";
import type { Notice } from "../order/step.ts";
import { showBallot } from "../order/timestamp.ts";

/** The log's event of a notice. */
export function logEventOf(notice: Notice): LogEvent {
  switch (notice.type) {
    case "outside":
      return { level: "info", event: "left its view", reason: notice.reason };
    case "prepare":
      return { level: "debug", event: "forms a view", ballot: showBallot(notice.ballot) };
    case "fetch": {
      const { from, to, source } = notice;
      return { level: "info", event: "repairs its log", lacks: `${from}-${to}`, source };
    }
    case "restored": {
      const { index, source } = notice;
      return { level: "info", event: "rebuilt from a snapshot", index, source };
    }
    case "installed":
      return { level: "debug", event: "installed", ballot: showBallot(notice.view.ballot) };
    case "live": {
      const { view, carried, resubmitted } = notice;
      return {
        level: "info",
        event: "live",
        view: showBallot(view.ballot),
        members: view.members,
        ...(carried > 0 ? { carried } : {}),
        ...(resubmitted > 0 ? { resubmitted } : {}),
      };
    }
    case "suspect":
      return { level: "warn", event: "suspects", peer: notice.peer, reason: notice.reason };
    case "stuck":
      return { level: "warn", event: "no view yet", reason: notice.reason };
    default:
      return unreachable(notice);
  }
}
