import { ArrayMaxSize, IsArray, IsBoolean, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

const URL_RULE = { message: '$property must begin with http:// or https://' };

export class SlackConfig {
  @Field('An incoming webhook, which belongs to one channel.', { examples: ['{{ secrets.slack_webhook }}'] })
  @IsOptional()
  @Matches(/^https?:\/\/./i, URL_RULE)
  webhook_url?: string;

  @Field('Instead of a webhook: a bot token with the scope chat:write.', { examples: ['{{ secrets.slack_token }}'] })
  @IsOptional()
  @IsString()
  token?: string;

  @Field('With a token: the channel, by id or name.', { examples: ['#orders'] })
  @IsOptional()
  @IsString()
  channel?: string;

  @Field("The message, in Slack's mrkdwn; with `blocks` what notifications show.")
  @IsOptional()
  @IsString()
  @MaxLength(40_000)
  text?: string;

  @Field('The message as blocks of Block Kit.')
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  blocks?: unknown[];

  @Field('With a token: the `ts` of a message to answer in its thread.')
  @IsOptional()
  @IsString()
  thread_ts?: string;

  @Field('Whether links show a preview.')
  @IsOptional()
  @IsBoolean()
  unfurl_links: boolean = true;

  @Field("With a token: Slack's API.")
  @IsOptional()
  @Matches(/^https?:\/\/./i, URL_RULE)
  api_url: string = 'https://slack.com/api';
}
