/**
 * Frames and messages: what a connection costs besides the socket.
 *
 * @module
 */

import { WIRE_LIMITS } from "../lib/limits.ts";
import { FrameReader, FrameWriter } from "../lib/wire/frame.ts";
import { decodeRequest, encodeRequest, type Request } from "../lib/wire/message.ts";

const FRAMES = 500;

const request: Request = {
  type: "write",
  operation: { type: "set", key: "bench:1234", value: "v".repeat(64), bytes: 64 },
  options: {},
};
const text = encodeRequest(request);
const frame = new TextEncoder().encode(text);
const batch = gathered(text, FRAMES);
const large = gathered("v".repeat(1024 * 1024), 1);

Deno.bench(`write ${FRAMES} frames`, { group: "frames" }, () => {
  gathered(text, FRAMES);
});

Deno.bench(`read ${FRAMES} frames from one chunk`, { group: "frames", baseline: true }, () => {
  read([batch]);
});

const chunks = split(batch, 100);
Deno.bench(`read ${FRAMES} frames in chunks of 100 bytes`, { group: "frames" }, () => {
  read(chunks);
});

const parts = split(large, 64 * 1024);
Deno.bench("read a frame of 1 MiB in chunks of 64 KiB", { group: "frames" }, () => {
  read(parts);
});

Deno.bench("encode a set", { group: "messages", baseline: true }, () => {
  encodeRequest(request);
});

Deno.bench("decode and check a set", { group: "messages" }, () => {
  decodeRequest(frame, WIRE_LIMITS);
});

function gathered(text: string, count: number): Uint8Array {
  const writer = new FrameWriter();
  for (let i = 0; i < count; i++) writer.add(text);
  return writer.take();
}

function split(bytes: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

function read(chunks: readonly Uint8Array[]): number {
  const reader = new FrameReader(WIRE_LIMITS.frameBytes);
  let bytes = 0;
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame !== null; frame = reader.next()) bytes += frame.length;
  }
  return bytes;
}
