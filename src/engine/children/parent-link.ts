/** Who waits for an execution, or has let it go. */
export interface ParentLink {
  readonly executionId: string;
  readonly stepExecutionId: string;
  readonly attempt: number;
  readonly isDetached: boolean;
  /** How many subworkflows deep the child is. */
  readonly depth: number;
  /** Of a pass: its position, and what it sees beside item and index. */
  readonly pass: { readonly position: number; readonly names: PassNames | null } | null;
}

export interface PassNames {
  readonly item_name: string | null;
  /** `item`, `index` and further names of the loops around. */
  readonly places: Readonly<Record<string, unknown>>;
}
