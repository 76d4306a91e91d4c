import { IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

/** An expression names it: `{{ secrets.api_token }}`. */
export const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const MAX_VALUE = 64 * 1024;
const NAME_RULE = { message: 'name must be a letter or "_", then letters, digits and "_", at most 128 in all' };

export class SecretBody {
  /** At most 64 KiB. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_VALUE)
  value!: string;

  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  description?: string;
}

export class NewSecretBody extends SecretBody {
  @Matches(SECRET_NAME, NAME_RULE)
  name!: string;
}

export class SecretName {
  @Matches(SECRET_NAME, NAME_RULE)
  name!: string;
}

/** A secret; never its value. */
export class SecretDto {
  name!: string;
  description!: string;
  created_by!: string | null;
  created_at!: Date;
  updated_at!: Date;
}

export class SecretPage {
  items!: SecretDto[];
  next_cursor!: string | null;
}
