import { autocompletion, type CompletionSource } from '@codemirror/autocomplete';
import { redo, undo } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import type { Schemas } from '../api/client';
import { look } from './code-mirror';

export type TextFault = Schemas['FaultDto'] & { readonly severity: 'error' | 'warning' };

export interface YamlEditorHandle {
  /** Replaces what differs, as one step of the history. */
  replace: (text: string) => void;
  undo: () => void;
  redo: () => void;
  showLine: (line: number) => void;
}

interface Props {
  readonly ref: Ref<YamlEditorHandle>;
  readonly initial: string;
  readonly label: string;
  readonly faults: readonly TextFault[];
  readonly complete: CompletionSource;
  readonly onChange: (text: string) => void;
  readonly onSave: () => void;
}

export function YamlEditor({ ref, initial, label, faults, complete, onChange, onSave }: Props): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const actions = useRef({ onChange, onSave, complete });
  actions.current = { onChange, onSave, complete };
  useEffect(() => {
    if (place.current === null) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: initial,
        extensions: [
          look(),
          keymap.of([{ key: 'Mod-s', run: () => (actions.current.onSave(), true), preventDefault: true }]),
          basicSetup,
          yaml(),
          lintGutter(),
          autocompletion({ override: [(context) => actions.current.complete(context)] }),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) actions.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
    // The text belongs to the editor from its beginning on.
  }, []);
  useEffect(() => {
    const current = view.current;
    if (current !== null) current.dispatch(setDiagnostics(current.state, diagnosticsOf(current.state, faults)));
  }, [faults]);
  useImperativeHandle(ref, () => ({
    replace: (text) => {
      const current = view.current;
      if (current !== null)
        current.dispatch({ changes: difference(current.state.doc.toString(), text), userEvent: 'input' });
    },
    undo: () => view.current !== null && void undo(view.current),
    redo: () => view.current !== null && void redo(view.current),
    showLine: (n) => {
      const current = view.current;
      if (current === null) return;
      const line = current.state.doc.line(Math.min(Math.max(1, n), current.state.doc.lines));
      current.dispatch({
        selection: { anchor: line.from },
        effects: EditorView.scrollIntoView(line.from, { y: 'center' }),
      });
      current.focus();
    },
  }));
  return <div ref={place} className="code-editor" />;
}

function diagnosticsOf({ doc }: EditorState, faults: readonly TextFault[]): Diagnostic[] {
  return faults.map(({ line = 1, column = 1, code, message, hint, severity }) => {
    const at = doc.line(Math.min(line, doc.lines));
    const from = Math.min(at.from + column - 1, at.to);
    return { from, to: at.to, severity, message: `${message} ${hint ?? ''} (${code})`.replace('  ', ' ') };
  });
}

/** The one range in which two texts differ. */
export function difference(before: string, after: string): { from: number; to: number; insert: string } {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from++;
  let end = 0;
  while (end < shorter - from && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}
