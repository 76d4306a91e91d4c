import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import type { ReactNode } from 'react';
import { useT, translateWord } from '../i18n/i18n';
import { toneOf } from '../ui/status';

export interface StepData extends Record<string, unknown> {
  readonly name: string;
  readonly type: string;
  readonly status: string | null;
  readonly faults?: readonly string[];
  readonly isEditable?: boolean;
  /** Named ways out, e.g. `true` and `false`. */
  readonly ports?: readonly string[];
}

/** `frame`: what stands around a fan of steps. */
export type StepNodeType = Node<StepData, 'step' | 'frame'>;

/** One step: its name, its type, its state by colour and in words. */
export function StepNode({ data }: NodeProps<StepNodeType>): ReactNode {
  const t = useT();
  const { name, type, status, faults = [], isEditable = false } = data;
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={isEditable} />
      <div
        className={faults.length > 0 ? 'node node-fault' : 'node'}
        data-status={status ?? ''}
        data-tone={toneOf(status)}
        title={faults.length > 0 ? faults.join('\n') : name}
      >
        <span className="node-name">{name}</span>
        <span className="node-type">
          {type}
          {status !== null && ` · ${translateWord(t, status)}`}
          {faults.length > 0 && ` · ${t('{n} faults', { n: faults.length })}`}
        </span>
      </div>
      <Handle type="source" position={Position.Bottom} isConnectable={isEditable} />
    </>
  );
}

export function FrameNode(): ReactNode {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <div className="node-frame" />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
}
