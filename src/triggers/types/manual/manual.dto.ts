import { IsBoolean } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

/** Config of a manual trigger. */
export class ManualConfig {
  @Field('The first call starts nothing and answers with a token; the call that brings it back starts')
  @IsBoolean()
  require_confirmation: boolean = false;
}
