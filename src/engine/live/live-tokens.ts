import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Redactor } from '../../common/logging/redactor.js';
import { Signals } from '../../common/signals/signals.contract.js';
import { Watches } from './watches.js';

const TOPIC = 'execution.text';
/** Pieces that come within this time are told together. */
const GATHER_MS = 50;
/** A NOTIFY takes 8,000 bytes, and a character may take six of them as JSON. */
const CHARACTERS_PER_SIGNAL = 1_000;

/** A piece of what a model writes, as the event `token` shows it. */
export interface TokenPiece {
  readonly step_path: string;
  readonly attempt: number;
  readonly text: string;
}

/** What a step says of what it writes. */
export interface ToldText {
  readonly executionId: string;
  readonly stepPath: string;
  readonly attempt: number;
  readonly text: string;
  /** Nothing follows that could belong to it. */
  readonly isLast: boolean;
}

interface Gathered extends Omit<ToldText, 'text' | 'isLast'> {
  text: string;
  isLast: boolean;
}

type Listener = (piece: TokenPiece) => void;

/** What steps show while they run. Nothing of it is kept: it reaches those who watch at the moment, on any replica. */
@Injectable()
export class LiveTokens implements OnModuleInit, OnModuleDestroy {
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly gathered = new Map<string, Gathered>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly signals: Signals,
    private readonly watches: Watches,
    private readonly redactor: Redactor,
  ) {}

  onModuleInit(): void {
    this.signals.subscribe(TOPIC, (payload) => {
      const { executionId, piece } = payload as { executionId: string; piece: TokenPiece };
      this.show(executionId, piece);
    });
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  /** @returns ends it */
  listen(executionId: string, listener: Listener): () => void {
    const all = this.listeners.get(executionId) ?? new Set();
    this.listeners.set(executionId, all.add(listener));
    return () => {
      all.delete(listener);
      if (all.size === 0 && this.listeners.get(executionId) === all) this.listeners.delete(executionId);
    };
  }

  /** Costs a look-up where nobody watches. */
  tell({ executionId, stepPath, attempt, text, isLast }: ToldText): void {
    if (text === '' && this.gathered.size === 0) return;
    const key = `${executionId}:${stepPath}:${attempt}`;
    const held = this.gathered.get(key);
    if (held === undefined && (text === '' || !this.watches.isWatched(executionId))) return;
    const before = held?.text ?? '';
    this.gathered.set(key, { executionId, stepPath, attempt, text: before + text, isLast });
    this.timer ??= setTimeout(() => this.flush(), GATHER_MS).unref();
  }

  private flush(): void {
    this.timer = undefined;
    for (const [key, held] of this.gathered) {
      const { text, isLast } = held;
      const end = isLast ? text.length : this.redactor.settledLength(text);
      this.publish(held, this.redactor.text(text.slice(0, end)));
      // The beginning of a secret, as it seems: it waits for what follows.
      if (end === text.length) this.gathered.delete(key);
      else held.text = text.slice(end);
    }
  }

  private publish({ executionId, stepPath, attempt }: Gathered, safe: string): void {
    for (let start = 0; start < safe.length; start += CHARACTERS_PER_SIGNAL) {
      const piece = { step_path: stepPath, attempt, text: safe.slice(start, start + CHARACTERS_PER_SIGNAL) };
      // Signals come back to their sender too; one that is lost loses a piece, which the output has.
      this.signals.publish(TOPIC, { executionId, piece }).catch(() => undefined);
    }
  }

  private show(executionId: string, piece: TokenPiece): void {
    for (const listener of this.listeners.get(executionId) ?? []) listener(piece);
  }
}
