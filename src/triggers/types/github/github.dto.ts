import { IsArray, IsBoolean, IsOptional, IsString } from 'class-validator';
import { Field, Nested } from '../../../common/validation/fields.js';
import { IsBranches, IsTexts, type BranchEnds } from './github.rules.js';

/** What is fetched beside the delivery, by the App's installation token. */
export class GitHubContext {
  @Field('Files of the repository at the SHA of the event', { examples: [['README.md']] })
  @IsArray()
  @IsString({ each: true })
  files: string[] = [];

  @Field('The changes as a diff, as far as 1 MiB goes')
  @IsBoolean()
  diff: boolean = false;
}

/** Config of a github trigger. All filters that are given must hold. Lists are globs; `!` takes back. */
export class GitHubConfig {
  @Field('Events, by the name in X-GitHub-Event', { examples: [['push', 'pull_request']] })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  events?: string[];

  @Field('Actions of an event', { examples: [['opened', 'synchronize']] })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  actions?: string[];

  @Field('Repositories, owner/name', { examples: [['acme/*']] })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  repositories?: string[];

  @Field('Branches: of a pull request head or base, none of them left out by `!`; or patterns for each: {head, base}', {
    type: ['array', 'object'],
    examples: [['main', 'release/**', '!release/old'], { base: ['main'] }],
  })
  @IsOptional()
  @IsBranches()
  branches?: string[] | BranchEnds;

  @Field('Tags; beside `branches` either is enough', { examples: [['v*']] })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tags?: string[];

  @Field('At least one changed file', { examples: [['src/**', '!src/**/*.md']] })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  paths?: string[];

  @Field('Not when all changed files are among these', { examples: [['docs/**']] })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  paths_ignore?: string[];

  @Field(
    'Who did it, by login, `*` for any characters: the sender, the author of the pull request or of the head commit',
  )
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  authors?: string[];

  @Field('Not when one of them is among these')
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  authors_ignore?: string[];

  @Field('Not what bots do')
  @IsBoolean()
  ignore_bots: boolean = false;

  @Field('At least one label, and none left out by `!`')
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  labels?: string[];

  @Field('Only drafts, or only what is no draft')
  @IsOptional()
  @IsBoolean()
  draft?: boolean;

  @Field('Only pull requests from forks, or only what comes from none')
  @IsOptional()
  @IsBoolean()
  fork?: boolean;

  @Field('Not when the head commit or the title has this, or one of these, in it', {
    type: ['string', 'array'],
    examples: ['[skip ci]'],
  })
  @IsOptional()
  @IsTexts()
  skip_message?: string | string[];

  @Field('What is fetched beside the delivery')
  @Nested(() => GitHubContext)
  context: GitHubContext = new GitHubContext();
}
