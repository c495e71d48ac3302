// Brotli beside every file that gets smaller by it, once, so that the server compresses nothing on the way.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const folder = new URL('../../artifacts/web/', import.meta.url).pathname;
for (const name of readdirSync(folder, { recursive: true })) {
  const path = join(folder, name);
  if (!/\.(html|js|css|svg|webmanifest|txt)$/.test(path) || !statSync(path).isFile()) continue;
  const bytes = readFileSync(path);
  const small = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  if (small.length < bytes.length) writeFileSync(`${path}.br`, small);
}
