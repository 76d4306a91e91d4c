/** One fault inside a problem. */
export class FaultDto {
  /** Dotted, list indexes in brackets: `steps[2].config.url`. */
  path!: string;
  /** Stable, `snake_case`. */
  code!: string;
  message!: string;
  /** What would be right. */
  hint?: string;
  /** 1-based; only where the input was text. */
  line?: number;
  column?: number;
}

/** An error answer: RFC 9457, `application/problem+json`. */
export class ProblemDto {
  type!: string;
  title!: string;
  status!: number;
  /** Stable, `snake_case`; clients may switch on it. */
  code!: string;
  detail!: string;
  errors?: FaultDto[];
}
