/**
 * The log on stderr.
 *
 * @module
 */

import { isLogged, type Log, logJson, type LogLevel, logLine } from "../../log.ts";
import { isTerminal, note, styled } from "../output.ts";

/** Tells events of this level and above, as lines for people or as JSON. */
export function logger(least: LogLevel, asJson: boolean): Log {
  const line = asJson ? logJson : logLine;
  const paint = (level: LogLevel, text: string) => {
    if (asJson || !isTerminal("stderr")) return text;
    if (level === "error") return styled("red", text, "stderr");
    if (level === "warn") return styled("yellow", text, "stderr");
    return styled("dim", text, "stderr");
  };
  return (event) => {
    if (isLogged(event.level, least)) note(paint(event.level, line(event, new Date())));
  };
}
