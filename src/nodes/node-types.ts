import type { Type } from '@nestjs/common';
import type { NodeType } from './node.contract.js';
import { AgentNode } from './types/agent/agent.node.js';
import { ApprovalNode } from './types/approval/approval.node.js';
import { ConditionNode } from './types/condition/condition.node.js';
import { EmitNode } from './types/emit/emit.node.js';
import { DatabaseNode } from './types/database/database.node.js';
import { EmailNode } from './types/email/email.node.js';
import { FailNode } from './types/fail/fail.node.js';
import { GitHubNode } from './types/github/github.node.js';
import { FileNode } from './types/file/file.node.js';
import { GroupNode } from './types/group/group.node.js';
import { HttpNode } from './types/http/http.node.js';
import { LlmNode } from './types/llm/llm.node.js';
import { LogNode } from './types/log/log.node.js';
import { LoopNode } from './types/loop/loop.node.js';
import { McpNode } from './types/mcp/mcp.node.js';
import { MemoryNode } from './types/memory/memory.node.js';
import { ParallelNode } from './types/parallel/parallel.node.js';
import { RespondNode } from './types/respond/respond.node.js';
import { ScriptNode } from './types/script/script.node.js';
import { SetNode } from './types/set/set.node.js';
import { TransformNode } from './types/set/transform.node.js';
import { SlackNode } from './types/slack/slack.node.js';
import { StopNode } from './types/stop/stop.node.js';
import { SubworkflowNode } from './types/subworkflow/subworkflow.node.js';
import { SwitchNode } from './types/switch/switch.node.js';
import { WaitForEventNode } from './types/wait_for_event/wait-for-event.node.js';
import { WaitNode } from './types/wait/wait.node.js';
import { WebhookNode } from './types/webhook/webhook.node.js';

/** THE LIST: every node type of this server, one line each. */
export const NODE_TYPES: readonly Type<NodeType>[] = [
  AgentNode,
  ApprovalNode,
  ConditionNode,
  EmitNode,
  DatabaseNode,
  EmailNode,
  FailNode,
  GitHubNode,
  FileNode,
  GroupNode,
  HttpNode,
  LlmNode,
  LogNode,
  LoopNode,
  McpNode,
  MemoryNode,
  ParallelNode,
  RespondNode,
  ScriptNode,
  SetNode,
  SlackNode,
  StopNode,
  SubworkflowNode,
  SwitchNode,
  TransformNode,
  WaitForEventNode,
  WaitNode,
  WebhookNode,
];
