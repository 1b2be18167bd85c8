/**
 * Short conversations with servers, while they are set up.
 *
 * @module
 */

const READ_BYTES = 64 * 1024;

/** A server that has not answered by then is asked again. */
const ASK_MS_MAX = 2_000;

/**
 * Writes the text, and reads until what came satisfies `isWhole` or the server closes.
 *
 * @throws {Error} if it cannot be reached, or does not answer in time
 */
export async function ask(
  port: number,
  text: string,
  isWhole: (answer: string) => boolean,
): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  // A read that is under way ends when its connection is closed.
  const timer = setTimeout(() => conn.close(), ASK_MS_MAX);
  try {
    await conn.write(new TextEncoder().encode(text));
    const bytes = new Uint8Array(READ_BYTES);
    const decoder = new TextDecoder();
    let answer = "";
    while (!isWhole(answer)) {
      const count = await conn.read(bytes);
      if (count === null) break;
      answer += decoder.decode(bytes.subarray(0, count), { stream: true });
    }
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether it is a whole line or more. */
export function isLine(answer: string): boolean {
  return answer.includes("\r\n");
}
