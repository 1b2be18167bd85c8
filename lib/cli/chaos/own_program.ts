/**
 * How this program is started once more.
 *
 * @module
 */

import type { Program } from "../../chaos/replica_process.ts";
import { environment } from "../environment.ts";
import { envName } from "../flags.ts";

/** Flags of `serve` that whoever starts chaos may have set for other servers. */
const FOREIGN_FLAGS = [
  "apply-delay",
  "consistency",
  "force-new-cluster",
  "fsync",
  "log-json",
  "log-level",
  "max-frame",
  "max-key",
  "max-value",
  "peer-host",
  "peer-port",
  "replicas",
  "request-timeout",
  "store",
  "suspect-after",
  "trace",
];

const ROOT = new URL("../../../", import.meta.url);

/** This program, be it one executable or sources, able to `serve` from folders in `data`. */
export function ownProgram(data: string): Program {
  const env = Object.fromEntries(FOREIGN_FLAGS.map((flag) => [envName(flag), ""]));
  const command = Deno.execPath();
  if (Deno.build.standalone) return { command, args: [], env };
  const root = ROOT.pathname;
  const importMap = environment("KVDIST_IMPORT_MAP");
  const args = [
    ...["run", "--quiet", "--no-prompt", `--config=${root}deno.json`],
    ...(importMap ? [`--import-map=${importMap}`] : []),
    ...["--allow-net", "--allow-env=KVDIST_*,NO_COLOR,TERM,COLUMNS,HOME,XDG_STATE_HOME,TMPDIR"],
    ...["--allow-sys=osUptime,uid,gid", `--allow-read=${root},${data}`, `--allow-write=${data}`],
    `${root}main.ts`,
  ];
  return { command, args, env };
}
