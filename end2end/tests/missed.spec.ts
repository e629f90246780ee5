// What changes while a page is on its way, before it listens, is shown all the same.

import { expect, hydrated, test } from '../fixtures';
import { newPlan } from './plan-story';

const STREAM = '**/-/live*';
const WORDS = 'Said before anybody listened';

test('a change between the document and the stream is not lost', async ({ page, context, demo }) => {
  const number = await newPlan(page, demo);
  const late = await context.newPage();
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  await late.route(STREAM, async (route) => {
    await opened;
    await route.continue();
  });
  // The tabs of a browser share one stream: this one has to have its own.
  await late.addInitScript(() => {
    Object.defineProperty(window.navigator, 'locks', { value: undefined });
    Object.defineProperty(window, 'BroadcastChannel', { value: undefined });
  });
  await late.goto(`/plans/${number}`);
  await hydrated(late);

  const sent = page.waitForResponse('**/api/edit_plan');
  await page.getByRole('textbox', { name: 'Deployment notes' }).fill(WORDS);
  await sent;
  const notes = late.getByRole('textbox', { name: 'Deployment notes' });
  await expect(notes).not.toHaveValue(WORDS);
  open();
  await expect(notes).toHaveValue(WORDS);
  await late.close();
});
