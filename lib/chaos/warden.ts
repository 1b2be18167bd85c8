/**
 * A process that outlives this one just long enough to end what it has started: even SIGKILL
 * leaves no replica and no folder behind.
 *
 * @module
 */

/**
 * Reads what runs and what has ended, a line each; when its input ends, so has whoever wrote it.
 * Ctrl-C at a terminal reaches all processes there, and this one must stay until the end.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM
running=' '
while read -r word pid; do
  case $word in
    began) running="$running$pid " ;;
    ended) running="\${running%% $pid *} \${running#* $pid }" ;;
    done) exit 0 ;;
  esac
done
[ -z "\${running## }" ] || kill -9 $running 2>/dev/null
[ -z "$1" ] || { sleep 1; rm -rf "$1"; }
`;

/** Ends what runs if this process ends without having ended it. */
export class Warden implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  /** Also deletes the folder then, unless it is null. */
  constructor(folder: string | null) {
    this.#child = new Deno.Command("/bin/sh", {
      args: ["-c", SCRIPT, "kvdist-chaos-warden", folder ?? ""],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
  }

  /** A process runs; resolves when the warden has been told. */
  async began(pid: number): Promise<void> {
    await this.#tell(`began ${pid}`);
  }

  /** A process has ended: its number may be given to another. */
  async ended(pid: number): Promise<void> {
    await this.#tell(`ended ${pid}`);
  }

  /** Everything was put in order: there is nothing left to do for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tell("done");
    await this.#input.close().catch(() => {});
    await this.#child.status;
  }

  async #tell(line: string): Promise<void> {
    // Without it, all still works as long as this process ends as it should.
    await this.#input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }
}
