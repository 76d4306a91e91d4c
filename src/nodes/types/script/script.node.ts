import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../../../common/config/app-config.js';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { leavesFolder } from '../../../common/files/confined-file.js';
import { exactlyOne } from '../../../common/validation/rules.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { AttemptAbortedError, ConfigInvalidError } from '../../nodes.errors.js';
import { canEnclose } from '../../../common/processes/enclosure.js';
import { canConfine, runConfined } from './process/confined-process.js';
import { processOutcome } from './process/process-outcome.js';
import { interpreterOf, type ProcessScript, type Runtime } from './process/run-files.js';
import type { OutputStream, SandboxJob, SandboxResult } from './sandbox/messages.js';
import { SandboxPool } from './sandbox/sandbox-pool.js';
import { readScript, syntaxFault, type ScriptSource } from './script-source.js';
import { RUNTIMES, ScriptConfig } from './script.config.js';

const MAX_OUTPUT_BYTES = 1024 * 1024;
const IDLE_MS = 60_000;
const ENVIRONMENT_NAME = /^[A-Za-z_]\w*$/;
/** Trying again meets the same: the script is wrong, or needs more than it may have. */
const LASTING = new Set(['script_invalid', 'script_out_of_memory', 'script_output_too_large']);

@Injectable()
export class ScriptNode extends NodeType<ScriptConfig> implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly type = 'script';
  readonly kind = 'ACTION';
  readonly title = 'Script';
  readonly description = 'Runs JavaScript in a sandbox, or Node.js, Python and bash as confined processes.';
  readonly config = ScriptConfig;
  private readonly logger = new Logger('Scripts');
  private readonly pool = new SandboxPool({ size: Math.max(2, availableParallelism()), idleMs: IDLE_MS });

  constructor(private readonly settings: AppConfig) {
    super();
  }

  effect(): 'once' {
    return 'once';
  }

  override faults({ code, script, ...rest }: ScriptConfig): readonly Fault[] {
    const faults = exactlyOne({ code, script, ...rest }, ['code', 'script']);
    const refuse = (path: string, message: string): number => faults.push({ path, code: 'value_invalid', message });
    faults.push(...this.runtimeFaults(rest.runtime, rest.env));
    if (typeof code === 'string' && !code.includes('{{') && rest.runtime === 'javascript') {
      const fault = syntaxFault(code);
      if (fault !== null) refuse('code', `The script is no JavaScript: ${fault}`);
    }
    if (typeof script === 'string' && leavesFolder(script)) refuse('script', 'script must be a file under SCRIPTS_DIR');
    if (script !== undefined && this.settings.scriptsDir === null)
      refuse('script', 'SCRIPTS_DIR is not set on this server');
    return faults;
  }

  async execute(ctx: NodeContext<ScriptConfig>): Promise<NodeOutcome> {
    const source = await this.load(ctx.config);
    const written = { stdout: '', stderr: '' };
    const onLine = (stream: OutputStream, text: string): void => {
      written[stream] += `${text}\n`;
      if (stream === 'stdout') ctx.log.info(text);
      else ctx.log.warn(text);
    };
    try {
      if (isProcess(ctx.config.runtime)) {
        const script = this.toProcess(ctx, ctx.config.runtime, source);
        return processOutcome(await runConfined(script, ctx.signal, onLine), script);
      }
      const result = await this.pool.run(toJob(ctx, source), ctx.signal, onLine);
      return toOutcome(result, written);
    } catch (error) {
      if (ctx.signal.aborted) throw new AttemptAbortedError(ctx.signal);
      throw error;
    }
  }

  /** Who lists runtimes shall know what that means on this system. */
  async onApplicationBootstrap(): Promise<void> {
    const listed = this.settings.scriptRuntimes.filter((runtime) => runtime !== 'javascript');
    if (listed.length === 0 || process.getuid?.() === 0 || (await canEnclose())) return;
    this.logger.warn(
      `Scripts of ${listed.join(', ')} run as the user of this server and can read what it can: this system permits no ` +
        'user namespaces. See "Scripts in processes" in docs/reference/nodes.md.',
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }

  private runtimeFaults(runtime: string, env: unknown): Fault[] {
    const fault = (path: string, message: string): Fault => ({ path, code: 'value_invalid', message });
    if (runtime.includes('{{') || !isRuntime(runtime)) return [];
    const listed = this.settings.scriptRuntimes;
    if (!listed.includes(runtime)) {
      return [fault('runtime', `SCRIPT_RUNTIMES of this server does not list "${runtime}", but ${listed.join(', ')}`)];
    }
    if (!isProcess(runtime)) return [];
    if (!canConfine || interpreterOf(runtime) === null)
      return [fault('runtime', `"${runtime}" is not installed on this server`)];
    const names = typeof env === 'object' && env !== null ? Object.keys(env) : [];
    const wrong = names.filter((name) => !ENVIRONMENT_NAME.test(name));
    return wrong.map((name) => fault(`env.${name}`, 'must be letters, digits and "_"'));
  }

  private toProcess(
    { config, input }: NodeContext<ScriptConfig>,
    runtime: Runtime,
    { code }: ScriptSource,
  ): ProcessScript {
    return {
      runtime,
      code,
      input: JSON.stringify(input ?? null),
      args: config.args,
      env: environment(config.env ?? {}),
      timeoutMs: parseDuration(config.timeout) ?? 30_000,
      maxMemoryMb: config.max_memory,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      hiddenFolders: [process.cwd(), realFolder(this.settings.dataFolder)],
    };
  }

  private async load({ code, script }: ScriptConfig): Promise<ScriptSource> {
    if (code !== undefined) return { code, fileName: 'script.js' };
    const { scriptsDir } = this.settings;
    if (script !== undefined && scriptsDir !== null) return readScript(scriptsDir, script);
    throw new ConfigInvalidError('script', [
      { path: 'code', code: 'field_required', message: '"code" or "script" is required' },
    ]);
  }
}

function toJob({ config, input }: NodeContext<ScriptConfig>, source: ScriptSource): SandboxJob {
  return {
    ...source,
    input: JSON.stringify(input ?? null),
    args: JSON.stringify(config.args ?? null),
    env: JSON.stringify(config.env ?? {}),
    timeoutMs: parseDuration(config.timeout) ?? 30_000,
    maxMemoryMb: config.max_memory,
    maxOutputBytes: MAX_OUTPUT_BYTES,
  };
}

function isRuntime(runtime: string): runtime is ScriptConfig['runtime'] {
  return (RUNTIMES as readonly string[]).includes(runtime);
}

function isProcess(runtime: ScriptConfig['runtime']): runtime is Runtime {
  return runtime !== 'javascript';
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return resolve(folder);
  }
}

/** What a process is given as its environment. @throws ConfigInvalidError */
function environment(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(given).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const faults = entries
    .filter(([name, value]) => !ENVIRONMENT_NAME.test(name) || value.includes('\0'))
    .map(([name]) => ({ path: `env.${name}`, code: 'value_invalid', message: 'cannot stand in an environment' }));
  if (faults.length > 0) throw new ConfigInvalidError('script', faults);
  return Object.fromEntries(entries);
}

function toOutcome(result: SandboxResult, written: { stdout: string; stderr: string }): NodeOutcome {
  if (result.ok) return done({ result: JSON.parse(result.result) as unknown, ...written, exit_code: 0 });
  const { code, line } = result;
  const message = line === null ? result.message : `${result.message} (line ${line})`;
  const details = { ...written, exit_code: 1, line };
  return { kind: 'fail', error: { code, message, retryable: !LASTING.has(code), details } };
}
