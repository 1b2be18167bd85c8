/**
 * Scenarios as files: commands, and below each the whole trace of what it came to, compared
 * exactly. `UPDATE_GOLDEN=1 sh scripts/deno test -A tests/order/scenario_test.ts` writes the
 * traces anew; read the difference before committing it.
 *
 *     form 3                all replicas start and form the first view (shown: what it came to)
 *     form 3 keep 2 lag 1   the same; logs keep 2 entries, a joiner may lack 1
 *     submit 0 x=1          a client's write at replica 0
 *     delete 0 x            a client's delete
 *     read 0                a client's linearizable read at replica 0
 *     deliver 0->1          1 receives all that is on its way from 0
 *     deliver 0->1 2        1 receives the first two messages
 *     persist 0             0's disk finishes what was given to it
 *     drop link 0 1         the link ends; what is on its way is lost
 *     link 0 1              a new link is made
 *     crash 2               power is cut: what is not on disk is gone
 *     lose 2                the folder of a replica that is down is replaced by an empty one
 *     restart 2             a new process starts on what the disk holds
 *     supply off            what is fetched is not sent, as if disks hung where it is read
 *     supply on             it is
 *     wait 1500             milliseconds pass; only heartbeats arrive (they are not shown)
 *     pass 1500             milliseconds pass; everything happens that can, on the links there are
 *     stabilize             all that run are linked, and everything happens until all is done
 *     show                  where each replica stands
 */

import { assert, assertEquals } from "@std/assert";
import { Cluster } from "./cluster.ts";

const FOLDER = new URL("scenarios/", import.meta.url);
const UPDATE = Deno.env.get("UPDATE_GOLDEN") === "1";

/** The scenario's comments and commands with what they come to now. */
function play(scenario: string): string {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(`    ${line}`);
  let loud = true;
  let cluster = new Cluster();
  for (const line of scenario.split("\n")) {
    if (line.startsWith(" ")) continue;
    lines.push(line);
    if (line === "" || line.startsWith("#")) continue;
    const [command, ...rest] = line.split(" ");
    if (command === "form") {
      const option = (name: string) => {
        const at = rest.indexOf(name);
        return at < 0 ? undefined : Number(rest[at + 1]);
      };
      const bounds = { logEntriesKept: option("keep") };
      const replicas = Number(rest[0]);
      const joinLagMax = option("lag");
      loud = false;
      cluster = Cluster.formed({ replicas, bounds, joinLagMax, say: (line) => loud && say(line) });
      loud = true;
      for (const id of cluster.ids) say(cluster.show(id));
    } else carryOut(cluster, command, rest, say);
  }
  return lines.join("\n");
}

function carryOut(
  cluster: Cluster,
  command: string,
  words: string[],
  say: (line: string) => void,
): void {
  const [a, b] = words.flatMap((word) => word.match(/^\d+$/) ? [Number(word)] : []);
  switch (command) {
    case "submit": {
      const [key, value] = words[1].split("=");
      return void cluster.submit(a, key, value);
    }
    case "delete":
      return void cluster.operate(a, { type: "delete", key: words[1] });
    case "read":
      return void cluster.read(a);
    case "supply":
      cluster.supplying = words[0] === "on";
      return;
    case "deliver": {
      const [from, to] = words[0].split("->").map(Number);
      return void cluster.deliver(from, to, words.length > 1 ? Number(words[1]) : Infinity);
    }
    case "persist":
      return void cluster.persist(a);
    case "drop":
      return cluster.drop(a, b);
    case "link":
      return cluster.link(a, b);
    case "crash":
      return words.map(Number).forEach((id) => cluster.crash(id));
    case "lose":
      return cluster.lose(a);
    case "restart":
      return words.map(Number).forEach((id) => cluster.start(id));
    case "wait":
      return cluster.wait(a);
    case "pass":
      return cluster.pass(a);
    case "stabilize":
      return cluster.stabilize();
    case "show":
      return cluster.ids.forEach((id) => say(cluster.show(id)));
    default:
      throw new Error(`unknown command ${command}`);
  }
}

const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();

for (const name of names) {
  Deno.test(`scenario ${name}`, async () => {
    const file = new URL(name, FOLDER);
    const expected = await Deno.readTextFile(file);
    const actual = play(expected);
    if (UPDATE) await Deno.writeTextFile(file, actual);
    else assertEquals(actual, expected);
  });
}

Deno.test("there are scenarios", () => assert(names.length >= 5));
