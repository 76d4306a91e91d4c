import type { Fault } from '../../common/errors/app-error.js';
import { parseDefinition } from '../../definition/definition.js';
import { checkParameters } from '../../definition/templates/check-parameters.js';
import type { StepTemplate, StepTemplates } from '../../definition/templates/step-template.js';
import type { TypeCatalogue } from '../../definition/type-catalogue.js';

const USE = 'steps[0].template.';
const WITH = 'steps[0].with.';

/**
 * What is wrong with a template by itself: it is used once, with expressions in place of its parameters. What depends on
 * a parameter's value is seen where the template is used.
 */
export function templateFaults(template: StepTemplate, others: StepTemplates, catalogue: TypeCatalogue): Fault[] {
  const faults = checkParameters(template.parameters);
  if (faults.length > 0) return faults;
  const names = Object.keys(template.parameters);
  const given = Object.fromEntries(names.map((name) => [name, `{{ variables.${name} }}`]));
  const step = { id: 'template_use', template: `${template.name}@${template.version}`, with: given };
  const templates: StepTemplates = {
    find: (name, version) =>
      name === template.name && version === template.version ? template : others.find(name, version),
    latest: (name) => others.latest(name),
  };
  const { errors } = parseDefinition({ name: template.name, steps: [step] }, catalogue, undefined, templates);
  return errors
    .filter(({ path }) => !path.startsWith(WITH))
    .map(({ path, code, message, hint }) => ({
      path: path.startsWith(USE) ? path.slice(USE.length) : 'steps',
      code,
      message,
      ...(hint !== undefined && { hint }),
    }));
}
