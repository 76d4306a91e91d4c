import { writeFileSync } from 'node:fs';

/** A reporter of vitest: writes to the file STRAY_ERRORS how many errors were thrown outside of every test and file. */
export default class StrayErrors {
  onTestRunEnd(_modules, errors) {
    writeFileSync(process.env.STRAY_ERRORS, String(errors.length));
  }
}
