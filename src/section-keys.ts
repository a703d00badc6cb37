/** The keys of the sections that only the rooms which they are for read, as names: also for what is said of a misspelt one. */

export const speechKeys = [
  ...['engine', 'program', 'command', 'voice', 'language', 'rate', 'sample_rate', 'max_characters'],
  ...['timeout_seconds', 'cache', 'cache_megabytes', 'cache_days', 'url', 'url_seconds', 'secret'],
  ...['copy', 'copy_folder'],
];

export const ariKeys = [
  ...['host', 'port', 'username', 'password', 'endpoint', 'protocol', 'transport', 'ca'],
];
