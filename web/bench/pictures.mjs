// Makes the pictures of the README: a server of its own with an empty folder, a conversation and some load, as they really go. npm run pictures
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const root = new URL('../../', import.meta.url).pathname;
const data = mkdtempSync(join(tmpdir(), 'troupe-pictures-'));
const pictures = join(root, 'docs', 'pictures');
mkdirSync(pictures, { recursive: true });
const troupe = join(root, 'artifacts/bin/Troupe.Cli/release/troupe');
const server = spawn(troupe, ['serve'], { env: { ...process.env, TROUPE_DATA: data, TROUPE_PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] });
let said = '';
const link = await new Promise((done, failed) => {
  server.once('exit', () => failed(new Error('The server ended.')));
  server.stdout.on('data', (bytes) => {
    said += bytes;
    const found = /http:\S+login=\S+/.exec(said);
    if (found) done(found[0]);
  });
});
const browser = await chromium.launch({
  executablePath: process.env.TROUPE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  const page = await context.newPage();
  const say = async (words) => {
    const replies = await page.locator('.message.reply:not(.live)').count();
    await page.locator('.composer textarea').fill(words);
    await page.keyboard.press('Enter');
    await page.locator('.message.reply:not(.live)').nth(replies).waitFor();
  };
  await page.goto(link);
  await page.getByRole('radio', { name: /TauroBot/ }).check();
  await page.locator('.composer textarea').fill('Tell me about yourself');
  await page.keyboard.press('Enter');
  await page.locator('.message.reply:not(.live)').first().waitFor();
  await page.getByRole('link', { name: 'New' }).click();
  await page.getByRole('radio', { name: /Assistant/ }).check();
  await page.locator('.composer textarea').fill('What is a session?');
  await page.keyboard.press('Enter');
  await page.locator('.message.reply:not(.live)').first().waitFor();
  await say('What happens in **durable** mode, and what is an `Idempotency-Key` for?');
  await page.getByRole('button', { name: 'Regenerate' }).last().click();
  await page.getByRole('group', { name: 'Branch 2 of 2' }).waitFor();
  await say('How do I get a reply word by word?');
  await page.getByRole('button', { name: 'More about this reply' }).last().click();
  await page.getByRole('menuitem', { name: 'Details' }).click();
  await page.getByText('Read by the model').waitFor();
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(pictures, 'conversation.png') });

  await page.getByRole('link', { name: 'Performance' }).click();
  await page.getByText('Turns', { exact: true }).waitFor();
  const load = spawn(troupe, ['load', '--duration', '25'], { env: { ...process.env, TROUPE_DATA: data }, stdio: 'ignore' });
  await new Promise((done) => load.once('exit', done));
  await page.waitForTimeout(3000);
  await page.screenshot({ path: join(pictures, 'performance.png') });
} finally {
  await browser.close();
  server.kill('SIGTERM');
  await new Promise((done) => server.once('exit', done));
  rmSync(data, { recursive: true });
}
