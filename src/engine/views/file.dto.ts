import { ApiProperty } from '@nestjs/swagger';

/** A file of an execution. */
export class FileDto {
  id!: string;
  /** Unique within the execution. */
  name!: string;
  /** Its media type. */
  type!: string;
  /** Bytes. */
  size!: number;
  /** Of the content, in hex. */
  sha256!: string;
  /** The step that wrote it last; null when it came with what started the execution. */
  @ApiProperty({ type: String, nullable: true })
  step_path!: string | null;
  /** Where it is downloaded. */
  url!: string;
}

export class FilesDto {
  items!: FileDto[];
}
