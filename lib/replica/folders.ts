/**
 * Whether the folders that replicas are started on are theirs, and belong together.
 *
 * @module
 */

import { FolderError } from "../errors.ts";
import type { Log } from "../log.ts";
import { majority } from "../order/view.ts";
import type { StoreFacts } from "../store/sqlite.ts";
import type { WorkerOptions } from "./control.ts";

/** What the folder of each replica says of itself, by id; null where there is none. */
export type Facts = readonly (StoreFacts | null)[];

/**
 * Whether a folder belongs to the replica.
 *
 * @throws {FolderError} if it does not
 */
export function checkFolder(fact: StoreFacts | null, options: WorkerOptions): void {
  if (fact === null) return;
  const { id, replicas, folder } = options;
  if (fact.id !== id) {
    throw new FolderError(
      `The folder ${folder} belongs to replica ${fact.id}, not to replica ${id}: put it back where it was`,
    );
  }
  if (fact.replicas !== replicas) {
    throw new FolderError(
      `The folder ${folder} was made for ${fact.replicas} replicas: start with --replicas ${fact.replicas} or as many --peers, or choose another --data`,
    );
  }
}

/** Whether the cluster is new: no folder has been in a view. */
export function isNewCluster(facts: Facts): boolean {
  return facts.every((fact) => fact === null || fact.cluster === null);
}

/**
 * Whether the folders of all replicas belong together, and are enough.
 *
 * @throws {FolderError} if they do not, or too many are missing and nobody has forced it
 */
export function checkFolders(
  facts: Facts,
  options: readonly WorkerOptions[],
  log: Log,
): void {
  options.forEach((each, id) => checkFolder(facts[id], each));
  if (isNewCluster(facts)) return;
  checkEnough(facts, options, log);
  checkOneCluster(facts, options);
  options.forEach((each, id) => {
    if (facts[id] === null) tellMissing(each, log);
  });
}

/** Says that a folder is made anew though the cluster is not. */
export function tellMissing({ id, folder }: WorkerOptions, log: Log): void {
  const event = "its store is missing, and is rebuilt from the others";
  log({ level: "warn", replica: id, event, folder });
}

function checkEnough(facts: Facts, options: readonly WorkerOptions[], log: Log): void {
  const missing = options.filter((_, id) => facts[id] === null);
  if (facts.length - missing.length >= majority(facts.length)) return;
  const folders = missing.map(({ folder }) => folder).join(", ");
  if (!missing.some(({ force }) => force)) {
    throw new FolderError(
      `The folders ${folders} are missing, and what is left is no majority: put them back, or ` +
        "choose another --data; the last resort is --force-new-cluster, which goes on with what " +
        "is left and loses what only the missing ones hold",
    );
  }
  log({
    level: "warn",
    event: "goes on without a majority of the folders, as it was told to: what was answered " +
      "may be lost, as far as only the missing ones held it",
    missing: missing.map(({ folder }) => folder),
  });
}

function checkOneCluster(facts: Facts, options: readonly WorkerOptions[]): void {
  const clusters = new Map<string, number[]>();
  facts.forEach((fact, id) => {
    if (fact === null || fact.cluster === null) return;
    clusters.set(fact.cluster, [...clusters.get(fact.cluster) ?? [], id]);
  });
  if (clusters.size === 1) return;
  const [most, ...others] = [...clusters.values()].sort((a, b) => b.length - a.length);
  const strange = options[others[0][0]].folder;
  throw new FolderError(
    `The folder ${strange} belongs to another cluster than ${
      options[most[0]].folder
    }: put the right one back, or move it away to have it rebuilt`,
  );
}
