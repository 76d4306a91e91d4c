import { Injectable } from '@nestjs/common';
import { Worker } from 'node:worker_threads';
import { readText, type ReadText } from '../definition/parse/parse-source.js';

/** Characters. A text of this length costs at most some tenths of a second, most often a hundredth of that. */
const READ_HERE = 16 * 1024;
/** Milliseconds; the worst text within the limits takes a few seconds. */
const PATIENCE_MS = 30_000;
const ENTRY = new URL('./text-reader.worker.js', import.meta.url);
/** Straight from the sources there is no compiled worker. */
const IS_COMPILED = import.meta.url.endsWith('.js');

/** Reads texts of definitions. Large ones are read in a thread of their own, one after another, so that nothing else waits. */
@Injectable()
export class DefinitionTexts {
  private last: Promise<unknown> = Promise.resolve();

  read(text: string): Promise<ReadText> {
    if (text.length <= READ_HERE || !IS_COMPILED) return Promise.resolve(readText(text));
    const reading = this.last.then(() => readInThread(text));
    this.last = reading.catch(() => undefined);
    return reading;
  }
}

async function readInThread(text: string): Promise<ReadText> {
  const worker = new Worker(ENTRY, { workerData: text });
  const limit = setTimeout(() => void worker.terminate(), PATIENCE_MS);
  try {
    return await new Promise<ReadText>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the text could not be read in time')));
    });
  } catch {
    const message = 'This text is too costly to read.';
    return { root: null, faults: [{ path: '', code: 'definition_too_large', message }] };
  } finally {
    clearTimeout(limit);
    await worker.terminate();
  }
}
