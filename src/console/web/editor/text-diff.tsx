import { yaml } from '@codemirror/lang-yaml';
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { type ReactNode, useEffect, useRef } from 'react';
import { look } from './code-mirror';

interface Props {
  readonly before: string;
  readonly after: string;
  readonly label: string;
}

/** What is gone and what is new, in one text. */
export default function TextDiff({ before, after, label }: Props): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return;
    const view = new EditorView({
      parent: place.current,
      doc: after,
      extensions: [
        look(),
        yaml(),
        lineNumbers(),
        EditorView.lineWrapping,
        EditorState.readOnly.of(true),
        EditorView.editable.of(false),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 8 } }),
      ],
    });
    return () => view.destroy();
  }, [before, after, label]);
  return <div ref={place} className="code-editor" />;
}
