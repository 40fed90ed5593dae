// The walk in Firefox: a switch in one window, the row in the other; five tabs on one connection; a request and its end.
// A locator clicks again where the page has drawn what it found anew in between.
// node tests/web/firefox.mjs FIREFOX URL PASSWORD     prints what it saw as JSON

import puppeteer from 'puppeteer-core';

const [executablePath, url, password] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true });
const complaints = [];

async function tab(context, path) {
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url + path);
  return page;
}

async function signIn(role) {
  const context = await browser.createBrowserContext();
  const page = await tab(context, '/');
  await page.waitForSelector('#email:focus'); // its script has run
  await page.type('#email', `${role}@example.com`);
  await page.type('#password', password);
  await Promise.all([page.waitForNavigation(), page.locator('#submit').click()]);
  return { context, page };
}

const streams = async () => Number(/^consentfeed_streams_open (\S+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);

try {
  const desk = await signIn('csr');
  const tabs = [desk.page];
  await desk.page.goto(`${url}/csr#?status=any`); // also what nobody has decided on yet
  for (let i = 0; i < 4; i++) tabs.push(await tab(desk.context, '/csr#?status=any'));
  for (const page of tabs) await page.waitForSelector('#light[data-phase="live"]');
  const alone = await streams();
  const phone = await signIn('customer');
  await phone.page.waitForSelector('[role="switch"][aria-checked="false"]');
  await phone.page.locator('[role="switch"]').click();
  for (const page of tabs) await page.waitForSelector('#grid-rows .status[data-status="granted"]');
  await phone.page.waitForSelector('[role="switch"][aria-checked="true"]:not([aria-busy="true"])');
  // A copy of the data is asked for on the phone, seen at the desk by the feed, fulfilled, and there to be downloaded.
  await desk.page.bringToFront();
  await desk.page.locator('#view-requests').click();
  await desk.page.waitForSelector('#queue-rows');
  await phone.page.bringToFront();
  await phone.page.locator('#ask-open').click();
  await phone.page.locator('#ask-form input[value="access"]').click();
  await phone.page.locator('#ask-form [type="submit"]').click();
  await desk.page.bringToFront();
  await desk.page.waitForSelector('#queue-rows [role="row"]');
  await desk.page.locator('#queue-rows [role="row"]').click();
  await desk.page.locator('#card [data-action="fulfil"]').click();
  await desk.page.locator('#request-submit').click();
  await phone.page.waitForSelector('#requests [data-slot="download"]:not([hidden])', { visible: true });
  console.log(JSON.stringify({ version: await browser.version(), tabs: tabs.length, streams: alone, complaints }));
} finally {
  await browser.close();
}
