// Measures the page in a real Chromium and prints one JSON object. Started by the benchmark program: node page.mjs URL KEY SESSION
import { chromium } from 'playwright-core';

const [url, key, session] = process.argv.slice(2);
const tokens = 2000;
const runs = 3;
const browser = await chromium.launch({
  executablePath: process.env.TROUPE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const result = { bytes: [], blocked: [], frames: [], scroll: [], floor: [], slowest: [] };
try {
  for (let run = 0; run < runs; run++) {
    result.bytes.push(await load());
    result.blocked.push(await answer(false));
    result.frames.push(await answer(true));
    result.floor.push((await scrolled(null)).rate);
    const { rate, slowest } = await scrolled(session);
    result.scroll.push(rate);
    result.slowest.push(slowest);
  }

  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}

async function open() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const logged = await context.request.post(`${url}/api/v1/login`, { data: { key } });
  if (!logged.ok()) throw new Error(`The login answered ${logged.status()}.`);
  return { context, page: await context.newPage() };
}

/** What comes over the network, as it comes, until one can type: page, styles, scripts and the first answers of the server. */
async function load() {
  const { context, page } = await open();
  const network = await context.newCDPSession(page);
  let bytes = 0;
  network.on('Network.loadingFinished', (event) => {
    bytes += event.encodedDataLength;
  });
  await network.send('Network.enable');
  await page.goto(url);
  await page.locator('.composer textarea').waitFor();
  await page.locator('.composer textarea').press('a');
  const total = bytes;
  await context.close();
  return total;
}

/** An answer of 2,000 tokens, 100 a second: how long the main thread was blocked in it, or how many frames a token took from its event to the screen. */
async function answer(watching) {
  const { context, page } = await open();
  await page.addInitScript(watching ? watchTokens : watchTasks);
  await page.goto(url);
  await page.locator('.composer textarea').fill(`Say much. ${crypto.randomUUID()}`);
  await page.evaluate(() => window.measured?.begin?.());
  await page.keyboard.press('Enter');
  await page.locator('.message.reply:not(.live)', { hasText: `w${String(tokens).padStart(4, '0')}` }).waitFor({ timeout: 90_000 });
  const value = await page.evaluate(() => window.measured.end());
  await context.close();
  return value;
}

function watchTasks() {
  // As web vitals count it: of each task longer than 50 ms, what is over.
  let blocked = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) blocked += Math.max(0, entry.duration - 50);
  });
  observer.observe({ type: 'longtask' });
  window.measured = {
    begin() {
      observer.takeRecords();
      blocked = 0;
    },
    end() {
      for (const entry of observer.takeRecords()) blocked += Math.max(0, entry.duration - 50);
      return blocked;
    },
  };
}

function watchTokens() {
  let frame = 0;
  const arrived = new Map();
  const taken = [];
  const pattern = /w(\d{4})/g;
  const decode = TextDecoder.prototype.decode;
  TextDecoder.prototype.decode = function (...given) {
    const text = decode.apply(this, given);
    for (const [, number] of text.matchAll(pattern)) if (!arrived.has(number)) arrived.set(number, frame);
    return text;
  };
  const channel = new MessageChannel();
  let shown = 0;
  channel.port1.onmessage = () => {
    // After the frame was drawn: what stands in the document now is what one sees.
    const blocks = document.querySelectorAll('.message.live .markdown > *, .message.live .markdown');
    const text = blocks[blocks.length - 1]?.textContent ?? '';
    const last = Number(text.slice(-400).match(pattern)?.at(-1)?.slice(1) ?? 0);
    for (let n = shown + 1; n <= last; n++) {
      const from = arrived.get(String(n).padStart(4, '0'));
      if (from !== undefined) taken.push(frame - from);
    }

    shown = Math.max(shown, last);
  };
  const tick = () => {
    frame++;
    channel.port2.postMessage(0);
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  window.measured = {
    end() {
      taken.sort((a, b) => a - b);
      return { count: taken.length, p50: taken[Math.floor(taken.length / 2)], p99: taken[Math.floor(taken.length * 0.99)], most: taken.at(-1) };
    },
  };
}

/** Frames a second while one scrolls from the newest entry to the first; or, as the floor, through as long a page with nothing in it. */
async function scrolled(id) {
  const { context, page } = await open();
  if (id) {
    await page.goto(`${url}/chat/${id}`);
    await page.locator('.message').last().waitFor();
    await page.waitForTimeout(1000);
  } else {
    await page.setContent('<div class="thread" style="height:800px;overflow:auto"><div style="height:1400000px"></div></div>');
    await page.evaluate(() => document.querySelector('.thread').scrollTo(0, 1e9));
  }

  const measured = await page.evaluate(async () => {
    const step = 1500;
    const longest = 30_000;
    const pane = document.querySelector('.thread');
    const begun = performance.now();
    let frames = 0;
    let before = begun;
    let slowest = 0;
    await new Promise((done) => {
      let resting = 0;
      const next = (now) => {
        frames++;
        slowest = Math.max(slowest, now - before);
        before = now;
        resting = pane.scrollTop <= 0 ? resting + 1 : 0;
        pane.scrollTop -= step;
        if (resting > 30 || now - begun > longest) done();
        else requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    });
    return { rate: (1000 * frames) / (performance.now() - begun), slowest, isAtTop: pane.scrollTop <= 0 };
  });
  if (!measured.isAtTop) throw new Error('The first entry was not reached.');
  await context.close();
  return measured;
}
