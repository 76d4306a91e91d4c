import { Foundation0000000000001 } from './0001-foundation.js';
import { Control0000000000002 } from './0002-control.js';
import { Concurrency0000000000003 } from './0003-concurrency.js';
import { StepChanges0000000000004 } from './0004-step-changes.js';
import { StepAnswers0000000000005 } from './0005-step-answers.js';
import { OutputsAndFiles0000000000006 } from './0006-outputs-and-files.js';
import { People0000000000007 } from './0007-people.js';
import { ResponsesAndMocks0000000000008 } from './0008-responses-and-mocks.js';
import { TriggerLiveness0000000000009 } from './0009-trigger-liveness.js';
import { Actions0000000000010 } from './0010-actions.js';
import { Children0000000000011 } from './0011-children.js';
import { Search0000000000012 } from './0012-search.js';
import { GitHubInstallations0000000000014 } from './0014-github-installations.js';
import { StepTemplates0000000000016 } from './0016-step-templates.js';
import { TriggerCare0000000000020 } from './0020-trigger-care.js';
import { TriggerLooks0000000000021 } from './0021-trigger-looks.js';
import { StoppedPasses0000000000030 } from './0030-stopped-passes.js';
import { Statistics0000000000040 } from './0040-statistics.js';
import { TraceParent0000000000041 } from './0041-trace-parent.js';
import { KeyedCalls0000000000042 } from './0042-keyed-calls.js';
import { StepJournal0000000000060 } from './0060-step-journal.js';
import { Escalations0000000000061 } from './0061-escalations.js';
import { ErrorWords0000000000080 } from './0080-error-words.js';

/** THE LIST: every migration, oldest first. A migration that has landed is never edited. */
export const MIGRATIONS = [
  Foundation0000000000001,
  Control0000000000002,
  Concurrency0000000000003,
  StepChanges0000000000004,
  StepAnswers0000000000005,
  OutputsAndFiles0000000000006,
  People0000000000007,
  ResponsesAndMocks0000000000008,
  TriggerLiveness0000000000009,
  Actions0000000000010,
  Children0000000000011,
  Search0000000000012,
  GitHubInstallations0000000000014,
  StepTemplates0000000000016,
  TriggerCare0000000000020,
  TriggerLooks0000000000021,
  StoppedPasses0000000000030,
  Statistics0000000000040,
  TraceParent0000000000041,
  KeyedCalls0000000000042,
  StepJournal0000000000060,
  Escalations0000000000061,
  ErrorWords0000000000080,
];
