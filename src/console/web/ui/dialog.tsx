import { Modal, type ModalProps } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { useT } from '../i18n/i18n';

interface Props {
  readonly title: ReactNode;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly size?: ModalProps['size'];
  readonly isAtTop?: boolean;
  readonly children: ReactNode;
}

/** Above the page until it is closed; what was typed in it is forgotten then. */
export function Dialog({ title, isOpen, onClose, size = 'md', isAtTop = false, children }: Props): ReactNode {
  const t = useT();
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // It fades for a moment; the field in it must not take the keys that are meant for the page by now.
    const focused = document.activeElement;
    if (!isOpen && focused instanceof HTMLElement && root.current?.contains(focused)) focused.blur();
  }, [isOpen]);
  return (
    <Modal
      ref={root}
      opened={isOpen}
      onClose={onClose}
      title={title}
      size={size}
      centered={!isAtTop}
      closeButtonProps={{ 'aria-label': t('Close') }}
    >
      {children}
    </Modal>
  );
}
