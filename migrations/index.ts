import { Foundation0000000000001 } from './0001-foundation.js';
import { Control0000000000002 } from './0002-control.js';
import { Concurrency0000000000003 } from './0003-concurrency.js';
import { StepChanges0000000000004 } from './0004-step-changes.js';
import { StepAnswers0000000000005 } from './0005-step-answers.js';
import { Triggers0000000000009 } from './0009-triggers.js';

/** THE LIST: every migration, oldest first. A migration that has landed is never edited. */
export const MIGRATIONS = [
  Foundation0000000000001,
  Control0000000000002,
  Concurrency0000000000003,
  StepChanges0000000000004,
  StepAnswers0000000000005,
  Triggers0000000000009,
];
