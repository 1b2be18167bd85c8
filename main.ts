/**
 * kvdist: a replicated key-value store whose consistency you choose.
 *
 * @module
 */

import { bench } from "./lib/cli/bench.ts";
import { chaos } from "./lib/cli/chaos.ts";
import { check } from "./lib/cli/check.ts";
import { client } from "./lib/cli/client.ts";
import { runProgram } from "./lib/cli/command.ts";
import { demo } from "./lib/cli/demo.ts";
import { explain } from "./lib/cli/explain.ts";
import { serve } from "./lib/cli/serve.ts";
import { show } from "./lib/cli/show.ts";
import { top } from "./lib/cli/top.ts";

const COMMANDS = [serve, client, top, demo, explain, chaos, check, show, bench];

if (import.meta.main) Deno.exit(await runProgram(COMMANDS, Deno.args));
