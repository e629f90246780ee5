// What the watch bar says by itself.

import { expect, hydrated, test } from '../fixtures';
import { addApplication, makeReady, newPlan } from './plan-story';
import { ownApplication } from './publish';

test('that a plan ended is told to who started it, wherever they are', async ({ page, demo, context }) => {
  test.setTimeout(180_000);
  await page.goto('/about');
  await hydrated(page);
  const voice = page.getByRole('contentinfo').getByRole('status');
  await expect(voice).toBeEmpty();
  // Not just any that differs: what other specs have published here may lack values.
  const { name, publish } = ownApplication(demo, 'Voice', 1400);
  publish('one');
  const other = await context.newPage();
  const number = await newPlan(other, demo);
  await addApplication(other, name);
  await makeReady(other);
  await other.getByRole('button', { name: 'Deploy now' }).click();
  await expect(voice).toHaveText(new RegExp(`^#${number} .+: finished`), { timeout: 120_000 });
  await other.close();
});
