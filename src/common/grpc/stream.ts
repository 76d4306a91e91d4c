import { Observable, type Subscriber } from 'rxjs';
import { AppError } from '../errors/app-error.js';
import type { GrpcCall } from './rpc.js';

/** A reader that takes nothing for that long is cut off. */
const READER_PATIENCE_MS = 30_000;

export class SlowReaderError extends AppError {
  constructor() {
    const message = 'The stream was not read for 30 s. Start it again where it stopped.';
    super({ code: 'slow_reader', status: 503, retryable: true, message, headers: { 'Retry-After': '1' } });
  }
}

/**
 * The answer of a streaming method: pulls from `make` as fast as the client reads. A client that cancels, and a deadline,
 * abort the signal.
 */
export function streamOf<T>(call: GrpcCall, make: (signal: AbortSignal) => AsyncGenerator<T>): Observable<T> {
  return new Observable((subscriber) => {
    const gone = new AbortController();
    void send(call, make(gone.signal), subscriber, gone.signal);
    return () => gone.abort();
  });
}

async function send<T>(
  call: GrpcCall,
  items: AsyncGenerator<T>,
  subscriber: Subscriber<T>,
  gone: AbortSignal,
): Promise<void> {
  try {
    for await (const item of items) {
      if (gone.aborted) return;
      subscriber.next(item);
      if (call.writableNeedDrain) await drained(call, gone);
    }
    subscriber.complete();
  } catch (error) {
    subscriber.error(error);
  }
}

function drained(call: GrpcCall, gone: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(patience);
      call.off('drain', onDrain);
      gone.removeEventListener('abort', onDrain);
      act();
    };
    const onDrain = (): void => settle(resolve);
    const patience = setTimeout(() => settle(() => reject(new SlowReaderError())), READER_PATIENCE_MS);
    call.on('drain', onDrain);
    gone.addEventListener('abort', onDrain, { once: true });
  });
}
