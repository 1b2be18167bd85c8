import { assertEquals } from "@std/assert";
import { BinaryHeap } from "@std/data-structures/binary-heap";

const ascending = (a: number, b: number) => a - b;

Deno.test("BinaryHeap gives the greatest first, or what compare sorts first", () => {
  const heap = new BinaryHeap<number>();
  assertEquals(heap.push(4, 1, 3, 5, 2), 5);
  assertEquals(heap.peek(), 5);
  assertEquals(heap.length, 5);
  assertEquals(heap.pop(), 5);
  assertEquals([...heap], [4, 3, 2, 1]);
  assertEquals([...heap], []);
  const words = new BinaryHeap<string>((a, b) => a.length - b.length);
  words.push("truck", "car", "helicopter", "tank");
  assertEquals([...words.drain()], ["car", "tank", "truck", "helicopter"]);
});

Deno.test("BinaryHeap, empty", () => {
  const heap = new BinaryHeap<number>();
  assertEquals(heap.isEmpty(), true);
  assertEquals(heap.length, 0);
  assertEquals(heap.peek(), undefined);
  assertEquals(heap.pop(), undefined);
  assertEquals(heap.push(), 0);
  heap.push(1, 2);
  heap.clear();
  assertEquals(heap.isEmpty(), true);
  assertEquals(heap.toArray(), []);
});

Deno.test("BinaryHeap.from takes arrays, iterables and heaps, and leaves them as they are", () => {
  const values = [4, 1, 3, 5, 2];
  assertEquals([...BinaryHeap.from(values)], [5, 4, 3, 2, 1]);
  assertEquals([...BinaryHeap.from(new Set(values))], [5, 4, 3, 2, 1]);
  const least = BinaryHeap.from(values, { compare: ascending });
  const copy = BinaryHeap.from(least);
  assertEquals([...copy], [1, 2, 3, 4, 5]);
  assertEquals(least.length, 5);
  assertEquals([...BinaryHeap.from(least, { compare: (a, b) => b - a })], [5, 4, 3, 2, 1]);
  assertEquals(values, [4, 1, 3, 5, 2]);
});

Deno.test("BinaryHeap.from maps values", () => {
  const lengths = BinaryHeap.from(["four", "one"], { map: (word) => word.length });
  assertEquals([...lengths], [4, 3]);
  const numbers = BinaryHeap.from(["2", "1", "3"], { map: Number, compare: ascending });
  assertEquals([...numbers], [1, 2, 3]);
});

Deno.test("BinaryHeap.toArray gives a copy", () => {
  const heap = BinaryHeap.from([1, 2, 3]);
  heap.toArray().pop();
  assertEquals(heap.toArray().toSorted(ascending), [1, 2, 3]);
});

Deno.test("BinaryHeap agrees with sorting, pushes and pops mixed", () => {
  let seed = 1;
  const draw = () => (seed = (seed * 48271) % 2147483647) % 50;
  const heap = new BinaryHeap<number>(ascending);
  let sorted: number[] = [];
  for (let step = 0; step < 2000; step++) {
    if (draw() < 20) {
      assertEquals(heap.pop(), sorted.shift());
    } else {
      const value = draw();
      heap.push(value);
      sorted = [...sorted, value].sort(ascending);
    }
    assertEquals(heap.length, sorted.length);
  }
  assertEquals([...heap], sorted);
});
