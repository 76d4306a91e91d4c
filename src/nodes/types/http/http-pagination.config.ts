import { IsIn, IsInt, IsOptional, IsString, Max, Min, ValidateIf } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export const PAGINATION_TYPES = ['link', 'cursor', 'page'] as const;

export class HttpPagination {
  @Field(
    'link: the URL of the next page is in the Link header (rel="next") or at `next`; cursor: the value at `next` is ' +
      'sent as the query parameter `parameter`; page: `parameter` counts up until a page has no items.',
    { enum: [...PAGINATION_TYPES] },
  )
  @IsIn(PAGINATION_TYPES)
  type!: (typeof PAGINATION_TYPES)[number];

  @Field('Where the list of items stands in each body, dotted; default: the body is the list.', {
    examples: ['data.items'],
  })
  @IsOptional()
  @IsString()
  items?: string;

  @Field('Where the next URL or cursor stands in each body, dotted. Needed by cursor.', { examples: ['meta.next'] })
  @ValidateIf((pagination: HttpPagination) => pagination.type === 'cursor' || pagination.next !== undefined)
  @IsString()
  next?: string;

  @Field('The query parameter of cursor and page; default `cursor` and `page`.')
  @IsOptional()
  @IsString()
  parameter?: string;

  @Field('page: the number of the first page.')
  @IsOptional()
  @IsInt()
  @Min(0)
  start: number = 1;

  @Field('No more pages than this; the output then says `truncated: true`.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  max_pages: number = 100;
}
