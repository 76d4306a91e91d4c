import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  Min,
} from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export const OPERATIONS = ['issue', 'comment', 'label', 'dispatch', 'status', 'file'] as const;
export const STATES = ['error', 'failure', 'pending', 'success'] as const;

export class GitHubConfig {
  @Field('What to do.', { enum: [...OPERATIONS] })
  @IsIn(OPERATIONS)
  operation!: (typeof OPERATIONS)[number];

  @Field('The repository.', { examples: ['octocat/hello-world'] })
  @Matches(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,99})\/(?!\.{1,2}$)[\w.-]{1,100}$/, {
    message: 'repository must be owner/name',
  })
  repository!: string;

  @Field('A connection of type github, by name or id; default the App of this server.')
  @IsOptional()
  @IsString()
  connection?: string;

  @Field("The App's installation; default that of the repository.")
  @IsOptional()
  @IsInt()
  @Min(1)
  installation_id?: number;

  @Field('comment, label: the issue or pull request; issue: changes that one instead of opening another.')
  @IsOptional()
  @IsInt()
  @Min(1)
  number?: number;

  @Field('issue: the title.')
  @IsOptional()
  @IsString()
  @MaxLength(256)
  title?: string;

  @Field('issue, comment: the text, in Markdown.')
  @IsOptional()
  @IsString()
  @MaxLength(65_536)
  body?: string;

  @Field('issue: its labels; label: those to add.')
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  labels?: string[];

  @Field('label: those to take away.')
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  remove_labels?: string[];

  @Field('issue: who works on it.')
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  assignees?: string[];

  @Field('issue: open or closed; status: error, failure, pending or success.')
  @IsOptional()
  @IsIn(['open', 'closed', ...STATES])
  state?: string;

  @Field('dispatch: the file or id of a workflow of GitHub Actions, to be run at `ref`.', { examples: ['deploy.yml'] })
  @IsOptional()
  @IsString()
  workflow?: string;

  @Field('dispatch: instead of `workflow`: a repository_dispatch event of this type.')
  @IsOptional()
  @IsString()
  @MaxLength(100)
  event_type?: string;

  @Field('dispatch: the inputs of the workflow, or the payload of the event.')
  @IsOptional()
  @IsObject()
  inputs?: Record<string, unknown>;

  @Field('dispatch: the branch or tag; file: the branch, tag or commit to read, or the branch to write.')
  @IsOptional()
  @IsString()
  ref?: string;

  @Field('status: the commit.')
  @IsOptional()
  @Matches(/^[0-9a-f]{40}([0-9a-f]{24})?$/i, { message: 'sha must be the full hash of a commit' })
  sha?: string;

  @Field('status: which check this is.')
  @IsOptional()
  @IsString()
  context: string = 'millrace';

  @Field('status: a short text.')
  @IsOptional()
  @IsString()
  @MaxLength(140)
  description?: string;

  @Field('status: where to see more.')
  @IsOptional()
  @IsString()
  target_url?: string;

  @Field('file: its path in the repository.', { examples: ['docs/README.md'] })
  @IsOptional()
  @IsString()
  path?: string;

  @Field('file: writes this text instead of reading.')
  @IsOptional()
  @IsString()
  content?: string;

  @Field('file: the message of the commit that writes it.')
  @IsOptional()
  @IsString()
  message?: string;
}
