// How long the check takes in the browser: the same code as in the editor, compiled for
// WebAssembly, on the factory of the native bench. check.mjs FILE.wasm

import { readFileSync } from 'node:fs';
import { launch, line, row, show } from './parts.mjs';

const ROUNDS = 50;
const bytes = readFileSync(process.argv[2]).toString('base64');
const browser = await launch();
try {
  const page = await browser.newPage();
  const found = await page.evaluate(
    async ({ bytes, rounds }) => {
      const code = Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0));
      const { instance } = await WebAssembly.instantiate(code, {});
      const wasm = instance.exports;
      const timed = (work) => {
        const began = performance.now();
        const result = work();
        return [performance.now() - began, result];
      };
      const slice = wasm.prepare(10_000, 100_000, 1_000);
      const [received, modules] = timed(wasm.receive);
      const times = [];
      let findings = 0;
      for (let round = 0; round < rounds; round += 1) {
        const [time, count] = timed(wasm.check_plan);
        times.push(time);
        findings = count;
        // As in the editor, each check is a turn of its own.
        await new Promise((next) => setTimeout(next));
      }
      return { slice, received, modules, times, findings };
    },
    { bytes, rounds: ROUNDS },
  );
  line('modules in the slice', found.modules);
  line('slice, bytes', found.slice);
  line('slice read and indexed (once)', `${found.received.toFixed(1)} ms`);
  line('first check', `${found.times[0].toFixed(1)} ms`);
  line('check of 1,000 modules', show(found.times));
  row('check in Chromium', found.times, 16, `median of ${ROUNDS}, worst ${Math.max(...found.times).toFixed(1)} ms`);
  line('findings', found.findings);
} finally {
  await browser.close();
}
