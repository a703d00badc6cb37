// Declarations as one likes to read them, from how `tsc` writes them.

/** What is longer than this is broken. */
const WIDTH = 110;

/** A member or a function. What is said in it of its options is said elsewhere. */
export function breakMember(signature) {
  const short = onOneLine(plain(withoutComments(signature)));
  if (short.length <= WIDTH) return short;
  return tidy(plain(withoutComments(signature)).replace(/^ {4}(?= {4}|\})/gm, ''));
}

/** An interface, with what is said in it; a type, each of its cases on a line. */
export function breakType(declaration) {
  const code = plain(declaration.replace(/^(?:export )?(?:declare )?/, ''));
  const [, head, body] = /^(type [^=]*(?:=[^=>]*>)? =)\s*([\s\S]*)$/.exec(code) ?? [];
  if (body === undefined) return tidy(code);
  const cases = casesOf(body).map(({ comment, text }) => ({ comment, text: onOneLine(text) }));
  const short = `${head} ${cases.map(({ text }) => text).join(' | ')}`;
  if (short.length <= WIDTH && cases.every(({ comment }) => comment === '')) return short;
  return [head, ...cases.map(({ comment, text }) => `${comment && `  ${comment}\n`}  | ${text}`)].join('\n');
}

/** What a type may be: the parts between its own bars, with what is said before each. */
function casesOf(body) {
  const cases = [];
  let depth = 0;
  let comment = '';
  let text = '';
  const end = () => {
    if (text.trim() !== '') cases.push({ comment, text: text.trim() });
    else if (comment !== '') return;
    comment = '';
    text = '';
  };
  for (const [part] of body.matchAll(/\/\*\*[\s\S]*?\*\/|=>|'(?:\\.|[^'\\])*'|`[^`]*`|[\s\S]/g)) {
    if (part.startsWith('/**') && depth === 0) {
      if (text.trim() !== '') end();
      comment = part;
    } else if (part === '|' && depth === 0) end();
    else {
      if (/^[{([<]$/.test(part)) depth++;
      else if (/^[})\]>]$/.test(part)) depth--;
      text += part;
    }
  }
  end();
  return cases;
}

export const withoutComments = (code) => code.replace(/\s*\/\*\*[\s\S]*?\*\//g, '');

const onOneLine = (code) =>
  code
    .replace(/\s*\n\s*/g, ' ')
    .replace(/; \}/g, ' }')
    .trim();

/** Indented by two, as the examples are. */
const tidy = (code) => code.replace(/^( {4})+/gm, (indent) => ' '.repeat(indent.length / 2));

/** What may be left out may be undefined, and nothing of it is to be written to. */
function plain(code) {
  return code
    .replace(/;$/, '')
    .replace(/^(\s*(?:readonly )?\w+\?: .*) \| undefined;$/gm, '$1;')
    .replace(/(\?: [^;={}()]*?) \| undefined(?=[;,)\n]|$)/g, '$1')
    .replace(/^(\s*\}) \| undefined(?=;|,|\))/gm, '$1')
    .replace(/\breadonly (?!\[)/g, '');
}
