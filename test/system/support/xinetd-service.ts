/**
 * A service file with some attributes replaced, or added where it lacks them; all else stays as shipped.
 *
 * @throws Where the text does not hold exactly one service.
 */
export function overrideService(text: string, attributes: Record<string, string | number>): string {
  return edit(text, attributes, (_old, value) => value);
}

/** A service file with the attributes that it lacks. */
export function completeService(text: string, attributes: Record<string, string | number>): string {
  return edit(text, attributes, (old) => old);
}

/** The name in `service NAME`. */
export function serviceName(text: string): string {
  const names = [...text.matchAll(/^[ \t]*service[ \t]+(\S+)/gm)].map((match) => match[1] as string);
  const [name] = names;
  if (!name || names.length > 1) throw new Error(`one xinetd service was expected, found ${names.length}`);
  return name;
}

/** The value of an attribute, if the service sets it. */
export function serviceAttribute(text: string, attribute: string): string | undefined {
  return new RegExp(`^[ \\t]*${attribute}[ \\t]*[+-]?=[ \\t]*(.*?)[ \\t]*$`, 'm').exec(text)?.[1];
}

function edit(
  text: string,
  attributes: Record<string, string | number>,
  choose: (old: string, value: string) => string,
): string {
  serviceName(text);
  let edited = text;
  for (const [attribute, value] of Object.entries(attributes)) {
    const old = serviceAttribute(edited, attribute);
    const line = new RegExp(`^([ \\t]*${attribute}[ \\t]*[+-]?=[ \\t]*).*$`, 'm');
    // the replacements are functions: a `$` in a value means nothing
    edited =
      old === undefined
        ? edited.replace(/^[ \t]*\}/m, (brace) => `\t${attribute} = ${value}\n${brace}`)
        : edited.replace(line, (_line, start: string) => start + choose(old, String(value)));
  }
  return edited;
}
