/** Random tests are random here, and the same each time where a submission must not fail by chance. */
import fc from 'fast-check';

if (process.env.CI) fc.configureGlobal({ seed: 20_261_122 });
