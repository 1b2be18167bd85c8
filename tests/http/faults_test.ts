import { assertEquals, assertThrows } from "@std/assert";
import { readFault } from "../../lib/http/faults.ts";
import { HttpError } from "../../lib/http/failure.ts";
import {
  FAULT_CUT_MS_MAX,
  FAULT_DELAY_BY_MS_MAX,
  FAULT_DELAY_MS_MAX,
  FAULT_PAUSE_MS_MAX,
} from "../../lib/limits.ts";

Deno.test("a fault says for how long, up to its bound", () => {
  for (const [kind, max] of [["pause", FAULT_PAUSE_MS_MAX], ["cut", FAULT_CUT_MS_MAX]] as const) {
    assertEquals(readFault(`fault=${kind}&ms=1`), { kind, ms: 1 });
    assertEquals(readFault(`ms=${max}&fault=${kind}`), { kind, ms: max });
  }
  const [ms, byMs] = [FAULT_DELAY_MS_MAX, FAULT_DELAY_BY_MS_MAX];
  assertEquals(readFault(`fault=delay&ms=${ms}&by=${byMs}`), { kind: "delay", ms, byMs });
  assertEquals(readFault("fault=kill"), { kind: "kill" });
});

Deno.test("what is no fault, or has no bounds, is refused with what is possible", () => {
  const refused: readonly (readonly [query: string, text: string])[] = [
    ["", "fault must be one of pause, cut, delay, kill"],
    ["fault=fire&ms=1", "fault must be one of pause, cut, delay, kill"],
    ["fault=pause", "a pause needs ms, in milliseconds, from 1 to 30000"],
    ["fault=pause&ms=0", "a pause needs ms, in milliseconds, from 1 to 30000"],
    ["fault=pause&ms=30001", "a pause needs ms, in milliseconds, from 1 to 30000"],
    ["fault=cut&ms=300001", "a cut needs ms, in milliseconds, from 1 to 300000"],
    ["fault=cut&ms=-1", "a cut needs ms, in milliseconds, from 1 to 300000"],
    ["fault=cut&ms=1e3", "a cut needs ms, in milliseconds, from 1 to 300000"],
    ["fault=cut&ms=9999999999", "a cut needs ms, in milliseconds, from 1 to 300000"],
    ["fault=delay&ms=1", "a delay needs by, in milliseconds, from 1 to 10000"],
    ["fault=delay&ms=1&by=10001", "a delay needs by, in milliseconds, from 1 to 10000"],
    ["fault=delay&by=1", "a delay needs ms, in milliseconds, from 1 to 300000"],
    ["fault=pause&ms=1&by=1", "a pause takes no by"],
    ["fault=kill&ms=1", "a kill takes no ms"],
    ["fault=pause&ms=1&ms=2", "the parameter ms is given twice"],
    ["fault=pause&for=1", 'unknown parameter "for"; known: fault, ms, by'],
  ];
  for (const [query, text] of refused) {
    const { status, message } = assertThrows(() => readFault(query), HttpError);
    assertEquals([status, message], [400, text], query);
  }
});
