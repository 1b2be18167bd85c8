/**
 * What one key does: a register that can be read, written, compared and swapped, appended to.
 *
 * @module
 */

/** What a register holds; null: nothing. */
export type RegisterValue = string | null;

/** What is asked of a register, and what was answered. */
export type RegisterAction =
  | { readonly type: "read"; readonly value: RegisterValue }
  | { readonly type: "write"; readonly value: RegisterValue }
  /** Writes `to` if it holds `from`; `swapped`: whether it did, null if that is not known. */
  | {
    readonly type: "cas";
    readonly from: RegisterValue;
    readonly to: RegisterValue;
    readonly swapped: boolean | null;
  }
  /** Adds text at the end of what it holds. */
  | { readonly type: "append"; readonly text: string };

/** An action with the time that it took. */
export interface RegisterOperation {
  /** What was asked and answered. */
  readonly action: RegisterAction;
  /** When it began. No two times are the same. */
  readonly begin: number;
  /** When it was over. `Infinity`: it may take effect at any time from its beginning on, or never. */
  readonly end: number;
}

/** What the register holds after the action; undefined if it could not have been answered so. */
export function act(held: RegisterValue, action: RegisterAction): RegisterValue | undefined {
  switch (action.type) {
    case "read":
      return held === action.value ? held : undefined;
    case "write":
      return action.value;
    case "cas": {
      const swaps = held === action.from;
      if (action.swapped !== null && action.swapped !== swaps) return undefined;
      return swaps ? action.to : held;
    }
    case "append":
      return (held ?? "") + action.text;
  }
}

/** Whether the action is answered differently for what the register holds, or makes use of it. */
export function observes(action: RegisterAction, held: RegisterValue): boolean {
  switch (action.type) {
    case "read":
      return action.value === held;
    case "write":
      return false;
    case "cas":
      return action.swapped === false || action.from === held;
    case "append":
      return true;
  }
}

/** The same for actions that are answered alike and do the same, whatever the register holds. */
export function kindOf(action: RegisterAction): string {
  switch (action.type) {
    case "read":
    case "write":
      return JSON.stringify([action.type, action.value]);
    case "cas":
      return JSON.stringify([action.type, action.from, action.to, action.swapped]);
    case "append":
      return JSON.stringify([action.type, action.text]);
  }
}
