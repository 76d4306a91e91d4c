import { availableParallelism } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../../../common/config/app-config.js';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { leavesFolder } from '../../../common/files/confined-file.js';
import { exactlyOne } from '../../../common/validation/rules.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { AttemptAbortedError, ConfigInvalidError } from '../../nodes.errors.js';
import type { OutputStream, SandboxJob, SandboxResult } from './sandbox/messages.js';
import { SandboxPool } from './sandbox/sandbox-pool.js';
import { readScript, syntaxFault, type ScriptSource } from './script-source.js';
import { ScriptConfig } from './script.config.js';

const MAX_OUTPUT_BYTES = 1024 * 1024;
const IDLE_MS = 60_000;
/** Trying again meets the same: the script is wrong, or needs more than it may have. */
const LASTING = new Set(['script_invalid', 'script_out_of_memory', 'script_output_too_large']);

@Injectable()
export class ScriptNode extends NodeType<ScriptConfig> implements OnApplicationShutdown {
  readonly type = 'script';
  readonly kind = 'ACTION';
  readonly title = 'Script';
  readonly description =
    'Runs JavaScript in a sandbox without files, network or modules; its return value is the result.';
  readonly config = ScriptConfig;
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
    if (typeof code === 'string' && !code.includes('{{')) {
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
      const result = await this.pool.run(toJob(ctx, source), ctx.signal, onLine);
      return toOutcome(result, written);
    } catch (error) {
      if (ctx.signal.aborted) throw new AttemptAbortedError(ctx.signal);
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }

  private async load({ code, script }: ScriptConfig): Promise<ScriptSource> {
    if (code !== undefined) return { code, fileName: 'script.js' };
    const { scriptsDir } = this.settings;
    if (script !== undefined && scriptsDir !== null) return readScript(scriptsDir, script);
    throw new ConfigInvalidError('script', [
      { path: 'code', code: 'field_required', message: '"code" or "script" is field_required' },
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

function toOutcome(result: SandboxResult, written: { stdout: string; stderr: string }): NodeOutcome {
  if (result.ok) return done({ result: JSON.parse(result.result) as unknown, ...written, exit_code: 0 });
  const { code, line } = result;
  const message = line === null ? result.message : `${result.message} (line ${line})`;
  const details = { ...written, exit_code: 1, line };
  return { kind: 'fail', error: { code, message, retryable: !LASTING.has(code), details } };
}
