import { parentPort, workerData } from 'node:worker_threads';
import { readText } from '../definition/parse/parse-source.js';

parentPort?.postMessage(readText(workerData as string));
