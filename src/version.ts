/** The package's version: compared with package.json by a test. */
export const VERSION = '0.1.0';
