/** A value of the configuration's, but for PHP's words for nothing. */
export function given(value: string | undefined): string | undefined {
  return value && !/^(null|none|off|no|false)$/i.test(value) ? value : undefined;
}
