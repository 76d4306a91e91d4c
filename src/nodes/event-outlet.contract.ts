/** An event that a step emits. */
export interface EmittedEvent {
  /** Its identity together with `source`: emitting it again changes nothing. */
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string | null;
  readonly data: unknown;
  readonly executionId: string;
  readonly workflowId: string;
}

/** Port: where node types put events; the engine takes them. */
export abstract class EventOutlet {
  /** Resolves when the event is recorded. @returns false when it was there already. */
  abstract emit(event: EmittedEvent): Promise<boolean>;
}

/** The engine's own events begin so; nobody else's may. */
export const OWN_EVENTS = 'millrace.';
