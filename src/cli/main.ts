import { clientEnvironment } from '../common/config/client-environment.js';
import { runCommandLine } from './command-line.js';
import { processTerminal } from './terminal.js';
import { readVersion } from './version.js';

const terminal = processTerminal(clientEnvironment().isColourUnwanted);
process.exitCode = await runCommandLine(process.argv.slice(2), terminal, readVersion());
