import { IsArray, IsDefined } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export class GroupConfig {
  @Field('The steps, in the order written.', { items: { type: 'object' } })
  @IsDefined()
  @IsArray()
  steps: unknown[] = [];
}
