import { globList } from '../../../common/text/glob.js';
import type { AcceptedFile, BroughtFile, BroughtFiles } from '../../trigger.contract.js';
import type { AttachmentCaps } from './email.dto.js';
import type { MailAttachment } from './mail.js';

/** What the server lets files be, whatever a config says; bytes. */
export interface FileLimits {
  readonly fileMaxBytes: number;
  readonly executionFilesMaxBytes: number;
}

export interface SortedAttachment {
  readonly attachment: MailAttachment;
  /** The cap that keeps it out, by its name in the config or of the setting; null: none does. */
  readonly refused: string | null;
  /** null: it is not kept. */
  readonly file: BroughtFile | null;
}

/** Which attachments become files of the execution. Only those that are kept count. */
export function sortAttachments(
  attachments: readonly MailAttachment[],
  caps: AttachmentCaps,
  limits: FileLimits,
  bring: (files: readonly AcceptedFile[]) => BroughtFiles,
): { sorted: readonly SortedAttachment[]; files: BroughtFiles | undefined } {
  const isTaken = globList(caps.types);
  let [count, bytes] = [0, 0];
  const judged = attachments.map((attachment) => {
    const { size, type } = attachment;
    const refused = !isTaken(type)
      ? 'types'
      : size > caps.max_size
        ? 'max_size'
        : size > limits.fileMaxBytes
          ? 'FILE_MAX_SIZE'
          : count >= caps.max_count
            ? 'max_count'
            : bytes + size > limits.executionFilesMaxBytes
              ? 'EXECUTION_FILES_MAX_SIZE'
              : null;
    if (refused === null) [count, bytes] = [count + 1, bytes + size];
    return { attachment, refused };
  });
  const kept = judged.flatMap(({ attachment, refused }) => (refused === null ? [attachment] : []));
  const files = kept.length === 0 ? undefined : bring(kept.map(fileOf));
  const shown = new Map(kept.map((attachment, index) => [attachment, files?.shown[index] ?? null]));
  return { sorted: judged.map((one) => ({ ...one, file: shown.get(one.attachment) ?? null })), files };
}

function fileOf({ name, type, content }: MailAttachment): AcceptedFile {
  return { name: name ?? 'attachment', type, content };
}
