/**
 * kvdist: a replicated key-value store whose consistency you choose.
 *
 * @module
 */

import { client } from "./lib/cli/client.ts";
import { runProgram } from "./lib/cli/command.ts";
import { serve } from "./lib/cli/serve.ts";

const COMMANDS = [serve, client];

if (import.meta.main) Deno.exit(await runProgram(COMMANDS, Deno.args));
