import { Command } from 'commander';
import { withCommonOptions } from './command.js';
import { addCompletion } from './commands/completion.js';
import { addDeploy } from './commands/deploy.js';
import { addCancel, addExecutions, addRetry } from './commands/executions.js';
import { addKeys, addWhoami } from './commands/keys.js';
import { addLogs } from './commands/logs.js';
import { addRun } from './commands/run.js';
import { addSecrets } from './commands/secrets.js';
import { addTriggers } from './commands/triggers.js';
import { addValidate } from './commands/validate.js';
import { addWorkflows } from './commands/workflows.js';

/** All commands, in the order of the help: what one does from a definition to its executions. */
const COMMANDS = [
  addValidate,
  addDeploy,
  addRun,
  addLogs,
  addExecutions,
  addRetry,
  addCancel,
  addTriggers,
  addWorkflows,
  addSecrets,
  addKeys,
  addWhoami,
  addCompletion,
] as const;

export function buildProgram(version: string): Command {
  const program = new Command('millrace')
    .description('The command line of Millrace, a client of its HTTP API.')
    .version(version, '-V, --version')
    .enablePositionalOptions()
    .showHelpAfterError('(millrace help shows what there is)')
    .exitOverride();
  withCommonOptions(program);
  for (const add of COMMANDS) add(program);
  return program;
}
