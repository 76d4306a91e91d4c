import type { Type } from '@nestjs/common';
import type { NodeType } from './node.contract.js';
import { ConditionNode } from './types/condition/condition.node.js';
import { DatabaseNode } from './types/database/database.node.js';
import { EmailNode } from './types/email/email.node.js';
import { FailNode } from './types/fail/fail.node.js';
import { GitHubNode } from './types/github/github.node.js';
import { HttpNode } from './types/http/http.node.js';
import { LogNode } from './types/log/log.node.js';
import { LoopNode } from './types/loop/loop.node.js';
import { MemoryNode } from './types/memory/memory.node.js';
import { ParallelNode } from './types/parallel/parallel.node.js';
import { ScriptNode } from './types/script/script.node.js';
import { SetNode } from './types/set/set.node.js';
import { TransformNode } from './types/set/transform.node.js';
import { SlackNode } from './types/slack/slack.node.js';
import { StopNode } from './types/stop/stop.node.js';
import { SwitchNode } from './types/switch/switch.node.js';
import { WaitNode } from './types/wait/wait.node.js';
import { WebhookNode } from './types/webhook/webhook.node.js';

/** THE LIST: every node type of this server, one line each. */
export const NODE_TYPES: readonly Type<NodeType>[] = [
  ConditionNode,
  DatabaseNode,
  EmailNode,
  FailNode,
  GitHubNode,
  HttpNode,
  LogNode,
  LoopNode,
  MemoryNode,
  ParallelNode,
  ScriptNode,
  SetNode,
  SlackNode,
  StopNode,
  SwitchNode,
  TransformNode,
  WaitNode,
  WebhookNode,
];
