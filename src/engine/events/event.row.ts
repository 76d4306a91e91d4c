/** An event in the JSON format of CloudEvents 1.0. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** RFC 3339. */
  readonly time: string;
  readonly subject?: string;
  readonly data?: unknown;
  readonly [attribute: string]: unknown;
}

/** An event as it is recorded. */
export interface StoredEvent {
  /** Of the record; the event's own is `event.id`, unique with `event.source`. */
  readonly id: string;
  readonly event: CloudEvent;
  /** How many executions, each started by an event of the one before, lie behind it. */
  readonly depth: number;
}

/** An event that is to be recorded. */
export interface NewEvent {
  readonly id: string;
  readonly event: CloudEvent;
  /** That emits it; null: it comes from outside. */
  readonly origin: { readonly executionId: string; readonly workflowId: string } | null;
}

/** The attribute that carries `depth`; nobody outside may set it. */
export const DEPTH_ATTRIBUTE = 'millracedepth';
/** Chains of executions that start each other by events end here. */
export const DEEPEST_CHAIN = 10;
