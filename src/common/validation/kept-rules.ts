import { getMetadataStorage } from 'class-validator';

type Rules = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>;

/**
 * At each validation class-validator goes through the rules of all classes to find those of one. They do not change once the
 * class is there, so they are kept: a step's config is validated at each attempt. What asks for groups is not kept.
 */
export function keepRules(): void {
  const storage = getMetadataStorage();
  const find = storage.getTargetValidationMetadatas.bind(storage);
  const kept = new Map<unknown, Rules>();
  storage.getTargetValidationMetadatas = (target, schema, always, strictGroups, groups) => {
    if (schema || always || strictGroups || (groups?.length ?? 0) > 0)
      return find(target, schema, always, strictGroups, groups);
    const known = kept.get(target);
    if (known !== undefined) return known;
    const rules = find(target, schema, always, strictGroups, groups);
    kept.set(target, rules);
    return rules;
  };
}
