import { AppError, type Fault } from '../errors/app-error.js';

/** All that is wrong with the settings; `path` of each fault is the environment variable. */
export class ConfigError extends AppError {
  constructor(faults: readonly Fault[]) {
    const lines = faults.map((fault) => `  ${fault.path}: ${fault.message}`);
    super({
      code: 'config_invalid',
      message: `${faults.length === 1 ? 'a setting is' : `${faults.length} settings are`} wrong:\n${lines.join('\n')}`,
      errors: faults,
    });
  }
}
