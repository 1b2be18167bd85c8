/** Stand-in for `@std/net/get-available-port`: same names, same behaviour. */

/** Options for {@linkcode getAvailablePort}. */
export interface GetAvailablePortOptions {
  /** Tried first; another port is given when it is taken. @default {0} */
  preferredPort?: number;
}

/** Returns a port that nobody listened on a moment ago. */
export function getAvailablePort(options?: GetAvailablePortOptions): number {
  const preferred = options?.preferredPort;
  if (preferred) {
    try {
      return portOfListener(preferred);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  return portOfListener(0);
}

function portOfListener(port: number): number {
  const listener = Deno.listen({ port });
  try {
    return listener.addr.port;
  } finally {
    listener.close();
  }
}
