// A plan that is over is taken up again: reuse goes on to the next environment with the same tags,
// says what it cannot take over, and opens an unsaved plan; the original stays as it is.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';

test('a finished plan is reused, and the popup says what becomes of each application', async ({ page, demo }) => {
  // The demo's first plan brought everything from Development to Quality.
  await page.goto('/plans');
  await hydrated(page);
  await page.getByRole('button', { name: 'Reuse Plan #1', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Reuse Plan #1' });
  await expect(dialog.getByLabel('Source')).toHaveValue(/./);
  const chosen = (label: string) =>
    dialog.getByLabel(label).evaluate((select) => (select as HTMLSelectElement).selectedOptions[0]?.textContent);
  expect(await chosen('Source')).toBe(demo.environments[1]?.name);
  expect(await chosen('Target')).toBe(demo.environments[2]?.name);
  await expect(dialog.getByLabel('Keep the tags used in the original plan')).toBeChecked();
  // Production runs a hotfix of the Rating Engine, which is newer than its tag.
  await expect(dialog.getByText(/already runs Rating Engine/)).toBeVisible();
  await expectAccessible(page);

  // The same place twice cannot be.
  await dialog.getByLabel('Target').selectOption({ label: demo.environments[1]!.name });
  await expect(
    dialog.getByText('Source and target are the same environment. Choose two different ones.', { exact: true }),
  ).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Continue' })).toHaveAttribute('aria-disabled', 'true');

  // From Development the newest tags are to be had.
  await dialog.getByLabel('Source').selectOption({ label: demo.environments[0]!.name });
  await dialog.getByLabel('Keep the tags used in the original plan').uncheck();
  await expect(dialog.getByText('Newest tag').first()).toBeVisible();
  await expect(dialog.getByText(/Opens an unsaved plan with \d+ applications/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Continue' }).click();

  await expect(page).toHaveURL(/\/plans\/\d+$/);
  await expect(page.getByText('Draft, only you see it')).toBeVisible();
  await expect(page.getByText(/Made from\s+plan/)).toBeVisible();
  await page.getByRole('link', { name: '#1', exact: true }).click();
  // It is a draft: leaving asks.
  const gone = page.waitForResponse((response) => response.url().includes('/api/discard_plan'));
  await page.getByRole('dialog').getByRole('button', { name: 'Discard draft' }).click();
  await gone;
  await expect(page.getByText(/^Done in /)).toBeVisible();
  await page.getByRole('link', { name: 'Reuse Plan' }).click();
  await expect(page.getByRole('dialog', { name: 'Reuse Plan #1' })).toBeVisible();
});

test('the popup fits a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/plans?reuse=1');
  await hydrated(page);
  const dialog = page.getByRole('dialog', { name: 'Reuse Plan #1' });
  await expect(dialog.getByRole('row').nth(1)).toBeVisible();
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});
