import { IsBoolean, IsIn, IsNotEmpty, IsObject, IsOptional, IsString, Matches } from 'class-validator';
import { Field, Nested } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';
import { HttpAuth } from './http-auth.config.js';
import { HttpPagination } from './http-pagination.config.js';
import { IsExpectedStatus } from './expected-status.js';

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
export const RESPONSE_FORMS = ['auto', 'json', 'text', 'file'] as const;
const STATUS = { type: ['integer', 'string'], examples: [404, '2xx'] };

export class HttpConfig {
  @Field('The request method.', { enum: METHODS })
  @IsOptional()
  @Matches(new RegExp(`^(${METHODS.join('|')})$`, 'i'), { message: `method must be one of ${METHODS.join(', ')}` })
  method: string = 'GET';

  @Field('Where to; http or https.', { examples: ['https://api.example.com/items'] })
  @IsString()
  @Matches(/^https?:\/\/./i, { message: 'url must begin with http:// or https://' })
  url!: string;

  @Field('Request headers by name.', { additionalProperties: true })
  @IsOptional()
  @IsObject()
  headers?: Record<string, unknown>;

  @Field('Added to the query of the URL; a list is one parameter several times, null is left out.')
  @IsOptional()
  @IsObject()
  query?: Record<string, unknown>;

  @Field(
    'Text is sent as it is; anything else as JSON, or as a form when the Content-Type header says so. A part ' +
      '{file, filename, type} of a multipart form is a file of the execution.',
  )
  @IsOptional()
  body?: unknown;

  @Field('Instead of `body`: a file of the execution, by name or id, sent as it is with the type that it has.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  body_file?: string;

  @Field('Credentials.')
  @IsOptional()
  @Nested(() => HttpAuth)
  auth?: HttpAuth;

  @Field('Until the whole answer is there.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  timeout: string | number = '30s';

  @Field('Follow up to 10 redirects; credentials stay with their origin.')
  @IsOptional()
  @IsBoolean()
  follow_redirects: boolean = true;

  @Field('The statuses that are a success, default all below 400: a number, a class such as 4xx, or a list of them.', {
    anyOf: [STATUS, { type: 'array', items: STATUS }],
  })
  @IsOptional()
  @IsExpectedStatus()
  expect_status?: unknown;

  @Field(
    'What `body` holds: auto goes by the Content-Type; file stores it as a file of the execution and gives its entry.',
    {
      enum: [...RESPONSE_FORMS],
    },
  )
  @IsOptional()
  @IsIn(RESPONSE_FORMS)
  response: (typeof RESPONSE_FORMS)[number] = 'auto';

  @Field('Calls page after page; `body` is then the list of all items.')
  @IsOptional()
  @Nested(() => HttpPagination)
  pagination?: HttpPagination;
}
