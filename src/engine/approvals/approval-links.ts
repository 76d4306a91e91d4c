import { Injectable } from '@nestjs/common';
import { idBytes, idOf, SignedTokens } from '../../common/links/signed-tokens.js';

const PURPOSE = 'approval';
const KINDS = ['approve', 'reject', 'form'] as const;
export type LinkKind = (typeof KINDS)[number];

/** What a link is for. */
export interface ApprovalLink {
  readonly approvalId: string;
  readonly kind: LinkKind;
  /** Place among the approval's assignees; null: the approval names nobody. */
  readonly place: number | null;
}

export type Links = Record<LinkKind, string>;

const NOBODY = 0xffff;

/** Signed links, a set of three for each assignee. They are spent by the decision of that assignee. */
@Injectable()
export class ApprovalLinks {
  constructor(private readonly tokens: SignedTokens) {}

  of(approvalId: string, place: number | null): Links {
    const url = (kind: LinkKind): string =>
      this.tokens.url(`/api/v1/public/approvals/${this.sign({ approvalId, kind, place })}`);
    return { approve: url('approve'), reject: url('reject'), form: url('form') };
  }

  /** null: not a link of this server. */
  open(token: string): ApprovalLink | null {
    const bytes = this.tokens.open(PURPOSE, token);
    const kind = bytes === null ? undefined : KINDS[bytes.readUInt8(16)];
    if (bytes === null || kind === undefined) return null;
    const place = bytes.readUInt16BE(17);
    return { approvalId: idOf(bytes.subarray(0, 16)), kind, place: place === NOBODY ? null : place };
  }

  private sign({ approvalId, kind, place }: ApprovalLink): string {
    const rest = Buffer.alloc(3);
    rest.writeUInt8(KINDS.indexOf(kind), 0);
    rest.writeUInt16BE(place ?? NOBODY, 1);
    return this.tokens.sign(PURPOSE, Buffer.concat([idBytes(approvalId), rest]));
  }
}
