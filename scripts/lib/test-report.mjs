import { relative } from 'node:path';

/** More than these is no noise. */
const MOST_AGAIN = 3;
/** What is lost or done twice there is never noise. */
const NEVER_AGAIN = 'test/faults/';

/**
 * The files of a run that deserve a second look: a few that failed on a machine that others share. Errors that belong to no
 * file would not be seen again.
 * @param run its `report` is vitest's, or null; `stray`: how many errors belong to no file
 * @returns paths from `root`; none when too many have failed
 */
export function toLookAtAgain({ report, stray }, root) {
  const files = failedFiles(report).map((file) => relative(root, file.name));
  const isTold = stray === 0 && files.length <= MOST_AGAIN && !files.some((file) => file.startsWith(NEVER_AGAIN));
  return isTold ? files : [];
}

/**
 * The sums of a run and of its second look, each as {code, report, stray}; `second` is null when there was none.
 * @returns {passed, failed, unsteady}: `unsteady` names what failed in the first and passed in the second
 */
export function addUp(first, second) {
  const counted = second === null ? first : second;
  const left = failuresOf(counted);
  const failed = counted.code !== 0 && left.length === 0 ? 1 : left.length;
  const before = failuresOf(first);
  const unsteady = counted === first || counted.report === null ? [] : before.filter((name) => !left.includes(name));
  const total = first.report === null ? 0 : first.report.numPassedTests;
  return { passed: total + unsteady.length, failed, unsteady };
}

/** A file that fails outside its tests (a leak, a broken import) counts as one failure, by its own name. */
function failuresOf({ report }) {
  return failedFiles(report).flatMap((file) => {
    const tests = file.assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName);
    return tests.length > 0 ? tests : [file.name];
  });
}

function failedFiles(report) {
  return report === null ? [] : report.testResults.filter((file) => file.status === 'failed');
}
