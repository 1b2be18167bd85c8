/**
 * The replicas in tables, a row for each.
 *
 * @module
 */

import type { ReplicaSnapshot, Snapshot } from "../../watch/snapshot.ts";
import { cut, displayWidth, pad } from "../text.ts";
import { cellText, CONDITION, type Fact, WORK } from "./columns.ts";
import { type FrameLine, frameLine, type FrameStyle } from "./frame_line.ts";
import { downText, idText } from "./words.ts";

/** Two digits, and most clusters have fewer replicas. */
const ID_CELLS_MIN = 2;
/** An IPv4 address and a port of five digits have room at 80 columns; what is longer is cut there. */
const ADDRESS_CELLS_MIN = 15;

/** How each replica is and what it does: in one table if that has room, else in two. */
export function tables({ time, replicas }: Snapshot, columns: number): FrameLine[][] {
  const idCells = Math.max(ID_CELLS_MIN, ...replicas.map((replica) => idText(replica).length));
  const longest = Math.max(...replicas.map(({ client }) => displayWidth(client)));
  const room = columns - idCells - 1 - widthOf(CONDITION);
  const addressCells = Math.max(ADDRESS_CELLS_MIN, Math.min(longest, room));
  const isOne = room >= addressCells + widthOf(WORK);

  const head = (id: string, address: string) =>
    `${pad(id, idCells, "right")} ${pad(cut(address, addressCells), addressCells)}`;
  const facts = isOne ? [...CONDITION, ...WORK] : CONDITION;
  const first = [
    frameLine(head("id", "address") + headings(facts), "head"),
    ...replicas.map((replica) => {
      const rest = replica.up ? cells(facts, replica) : ` ${downText(replica, time)}`;
      return frameLine(head(idText(replica), replica.client) + rest, styleOf(replica));
    }),
    ...replicas.flatMap(obstacleLines),
  ];
  return isOne ? [first] : [first, workTable(replicas, idCells)];
}

function workTable(replicas: readonly ReplicaSnapshot[], idCells: number): FrameLine[] {
  return [
    frameLine(pad("id", idCells, "right") + headings(WORK), "head"),
    ...replicas.map((replica) => {
      const id = pad(idText(replica), idCells, "right");
      return frameLine(id + cells(WORK, replica), styleOf(replica));
    }),
  ];
}

/** What the columns take, with the blank before each. */
function widthOf(facts: readonly Fact[]): number {
  return facts.reduce((sum, { cells }) => sum + 1 + cells, 0);
}

function headings(facts: readonly Fact[]): string {
  return facts.map((fact) => column(fact, fact.title)).join("");
}

function cells(facts: readonly Fact[], replica: ReplicaSnapshot): string {
  return facts.map((fact) => column(fact, replica.up ? cellText(fact, replica) : "–")).join("");
}

function column({ cells, align }: Fact, text: string): string {
  return ` ${pad(cut(text, cells), cells, align ?? "right")}`;
}

/** Why a replica that answers can order no write. */
function obstacleLines(replica: ReplicaSnapshot): FrameLine[] {
  const obstacle = obstacleOf(replica);
  if (obstacle === null) return [];
  return [frameLine(`${idText(replica)} can order no write: ${obstacle}`, "late")];
}

function styleOf(replica: ReplicaSnapshot): FrameStyle | null {
  if (!replica.up) return "down";
  return replica.status.state === "live" && obstacleOf(replica) === null ? null : "late";
}

function obstacleOf(replica: ReplicaSnapshot): string | null {
  return replica.up ? replica.status.obstacle ?? null : null;
}
