/** Attacks, by what they are after. Each must be refused, or come to nothing; `security-corpus.spec.ts` tries all. */

/** Ways to write an address that no outgoing call may reach. */
export const PRIVATE_HOSTS: readonly string[] = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0x7F.0x0.0x0.0x1',
  '0177.0.0.1',
  '017700000001',
  '0177.0x0.0.1',
  '00000177.00.00.01',
  '0',
  '0.0.0.0',
  '127.0.0.1.',
  '127%2e0%2e0%2e1',
  '１２７.０.０.１',
  '127。0。0。1',
  '①②⑦.⓪.⓪.①',
  'localhost',
  'LOCALHOST.',
  'localhost%00.example.com',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '10.0.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '0xA9FEA9FE',
  '2852039166',
  '169.254.43518',
  '224.0.0.1',
  '255.255.255.255',
  'public.example@127.0.0.1',
  'public.example\\@127.0.0.1',
  'public.example#@127.0.0.1/',
];

export const NO_HTTP: readonly string[] = [
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_FLUSHALL',
  'ftp://127.0.0.1/',
  'data:text/plain,hello',
  'javascript:alert(1)',
  'blob:http://127.0.0.1/x',
  'unix:/var/run/docker.sock',
  'http://',
  'http:///etc/passwd',
];

/** JavaScript that looks for a way out of its sandbox; `escaped` is what it would return. */
export const SANDBOX_ESCAPES: readonly string[] = [
  `this.constructor.constructor('return process')().mainModule.require('fs'); return 'escaped';`,
  `(() => {}).constructor('return process.binding("fs")')(); return 'escaped';`,
  `Object.getPrototypeOf(async function () {}).constructor('return process.env')(); const p = globalThis.process; return p ? 'escaped' : p.x;`,
  `function* g() {} g.constructor('return require("child_process")')().next(); return 'escaped';`,
  `const e = new Error(); Error.prepareStackTrace = (_, frames) => frames.map((f) => f.getThis()); const t = e.stack.find((x) => x && x.process); return t.process ? 'escaped' : '';`,
  `try { (function f() { f(); })(); } catch (e) { e.constructor.constructor('return process')().exit(); } return 'escaped';`,
  `return await import('node:fs').then(() => 'escaped');`,
  `return (await import('data:text/javascript,export default 1')).default ? 'escaped' : '';`,
  `return require('fs') && 'escaped';`,
  `return process.mainModule && 'escaped';`,
  `const s = Symbol.for('nodejs.util.inspect.custom'); console.log({ [s]: (d, o, inspect) => inspect.constructor('return process')().pid }); return globalThis.process.pid && 'escaped';`,
  `const p = new Proxy(console.log, {}); return p.constructor('return process')().pid && 'escaped';`,
  `return args.constructor.constructor('return globalThis.process.pid')() && 'escaped';`,
  `return WebAssembly.compile && 'escaped';`,
  `return new Worker('x') && 'escaped';`,
  `return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1) && 'escaped';`,
  `arguments.callee.caller.caller; return 'escaped';`,
  `return $0 && _ivm && 'escaped';`,
];

/** Code that reaches for prototypes so that what runs after it sees them. */
export const POLLUTION_SCRIPTS: readonly string[] = [
  `Object.prototype.polluted = 'yes'; return {};`,
  `args.__proto__.polluted = 'yes'; return args;`,
  `return JSON.parse('{"__proto__": {"polluted": "yes"}, "constructor": {"prototype": {"polluted": "yes"}}}');`,
  `Array.prototype.toJSON = () => ({ polluted: 'yes' }); Object.defineProperty(Object.prototype, 'then', { value: 1 }); return {};`,
];

export const POLLUTED_BODIES: readonly string[] = [
  '{"__proto__": {"polluted": "yes"}}',
  '{"constructor": {"prototype": {"polluted": "yes"}}}',
  '{"input": {"__proto__": {"polluted": "yes"}}}',
  '{"variables": {"constructor": {"prototype": {"polluted": "yes"}}}}',
  '{"\\u005f_proto__": {"polluted": "yes"}}',
];

export const EXPRESSION_ESCAPES: readonly string[] = [
  'input.constructor.constructor("return process")()',
  'input["__proto__"].polluted',
  'input.toString.call(1)',
  'this.process.env',
  'globalThis',
  'process.env.SECRET_KEY',
  'require("fs")',
  'import("fs")',
  'eval("1")',
  'Function("return 1")()',
  '(() => 1)()',
  '`${1}`',
  'input; process.exit()',
  'env.SECRET_KEY',
  'env.DATABASE_URL',
  '"a".constructor',
  '[].map.constructor("return 1")()',
  '"x".repeat(1000000000)',
  'parse_json("{\\"__proto__\\":{\\"polluted\\":1}}").polluted',
];

export const SQL_INJECTIONS: readonly string[] = [
  "'; DROP TABLE guarded; --",
  "' OR '1'='1",
  '"; DROP TABLE guarded; --',
  '1); DELETE FROM guarded WHERE (1=1',
  "\\'; DROP TABLE guarded; --",
  '/* */ UNION SELECT sql, 1 FROM sqlite_master --',
  '$1; DROP TABLE guarded',
  "x' || (SELECT group_concat(name) FROM guarded) || '",
];

export const HEADER_INJECTIONS: readonly string[] = [
  'a\r\nX-Injected: yes',
  'a\nX-Injected: yes',
  'a\rX-Injected: yes',
  'a\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n',
  'a\u0000b',
  'a\u2028b',
  'a\u010a\u010dX-Injected: yes',
];

export const PATH_ESCAPES: readonly string[] = [
  '../../etc/passwd',
  '/etc/passwd',
  'a/../../b.js',
  '..\\..\\b.js',
  'a\u0000.js',
  '%2e%2e/%2e%2e/etc/passwd',
  'file:///etc/passwd',
];
