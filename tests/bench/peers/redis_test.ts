import { assertEquals, assertGreater } from "@std/assert";
import { planOf } from "../../../bench/peers/flags.ts";
import { FLAGS } from "../../../bench/peers/flags.ts";
import { isInstalled } from "../../../bench/peers/processes.ts";
import { runPlan } from "../../../bench/peers/run.ts";
import { parseFlags } from "../../../lib/cli/flags.ts";

const hasRedis = await isInstalled("redis-server");

Deno.test({
  name: "peers: Redis with its replicas is started, asked, and gone afterwards",
  ignore: !hasRedis,
  async fn() {
    const argv = ["--quick", "--unpinned", "--only", "redis-3-wait", "--work", "write-50,pairs"];
    const told: string[] = [];
    const report = await runPlan(planOf(parseFlags(FLAGS, argv).flags), {
      signal: new AbortController().signal,
      tell: (line) => told.push(line),
    });
    assertEquals(report.absentees, []);
    assertEquals(report.measurements.map(({ work }) => work), ["write-50", "pairs"]);
    for (const { perSecond, failures, coreShare } of report.measurements) {
      assertGreater(perSecond, 0);
      assertGreater(coreShare, 0);
      assertEquals(failures, 0);
    }
    assertEquals(told.length, 2);
    const left = [...Deno.readDirSync(Deno.env.get("TMPDIR") ?? "/tmp")]
      .filter(({ name }) => name.startsWith("kvdist-peers-"));
    assertEquals(left, []);
  },
});
