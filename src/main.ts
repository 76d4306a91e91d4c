import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Compiled code of the packages is kept: a second start takes half the time. A folder that cannot be written is no fault.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/millrace'));

// Not a static import: those are compiled before the line above.
const { main } = await import('./server.js');
await main();
