// What a plan will change and changed, and two sides beside each other.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';
import { addApplication, newPlan } from './plan-story';

test('a plan says what it will change, and the link can be shared', async ({ page, demo, context }) => {
  const number = await newPlan(page, demo);
  const name = await addApplication(page);
  const [other] = await Promise.all([
    context.waitForEvent('page'),
    page.getByRole('link', { name: 'What will change' }).click(),
  ]);
  await hydrated(other);
  await expect(other).toHaveURL(new RegExp(`/plans/${number}/changes$`));
  await expect(other.getByRole('heading', { level: 1, name: 'What will change' })).toBeVisible();
  const list = other.getByRole('list', { name: 'Applications that differ' });
  await expect(list.getByRole('heading', { name })).toBeVisible();
  await expect(other.getByRole('status').filter({ hasText: 'changed' })).toBeVisible();
  await other.getByRole('link', { name: 'Back to the plan' }).click();
  await expect(other).toHaveURL(new RegExp(`/plans/${number}$`));
  await other.close();
});

test('environments are compared, now and then; the address holds what is chosen', async ({ page }) => {
  await page.goto('/compare');
  await hydrated(page);
  await page.getByLabel('From', { exact: true }).selectOption('Production');
  await expect(page).toHaveURL(/from=now%3AProduction/);
  await page.getByLabel('To', { exact: true }).selectOption('Quality');
  await expect(page).toHaveURL(/to=now%3AQuality/);
  // What stands in the address is what is shown, to whoever opens it.
  await page.reload();
  await hydrated(page);
  const shown = page.getByRole('list', { name: 'Applications that differ' }).getByRole('heading', { level: 3 });
  await expect(shown.first()).toBeVisible();
  const names = await shown.allTextContents();
  await expect(page.getByLabel('From', { exact: true })).toHaveValue('Production');
  await expect(page.getByLabel('To', { exact: true })).toHaveValue('Quality');
  await page.getByLabel('To', { exact: true }).selectOption('Development');
  await expect(page).toHaveURL(/to=now%3ADevelopment/);
  await page.goBack();
  await expect(shown).toHaveText(names);
  // Before the sample was made nothing ran there: everything is new.
  await page.getByLabel('From: when').selectOption({ label: '30 days ago' });
  await expect(page).toHaveURL(/from=then%3A\d+%3AProduction/);
  await expect(page.getByText(/\d+ applications only in Quality/)).toBeVisible();
  // Any date and time, on either side, also against another environment.
  await page.getByLabel('From: date and time').fill('2026-01-02T03:04:05');
  await expect(page).toHaveURL(/from=then%3A17673\d+%3AProduction/);
  await expect(page.getByLabel('From: date and time')).toHaveValue('2026-01-02T03:04:05');
  await page.getByRole('button', { name: 'Swap the sides' }).click();
  await expect(page).toHaveURL(/from=now%3AQuality&to=then%3A17673\d+%3AProduction/);
  await page.goBack();
  await page.goBack();
  await page.goBack();
  await expect(page).toHaveURL(/from=now%3AProduction/);
});

test('before anything is chosen it says what can be compared, and shows an example', async ({ page, demo }) => {
  await page.goto('/compare');
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'Nothing is compared yet' })).toBeVisible();
  await expectAccessible(page);
  const [first, second] = demo.environments;
  await page.getByRole('link', { name: `Compare ${first.name} with ${second.name}` }).click();
  await expect(page).toHaveURL(new RegExp(`from=now%3A${first.name}&to=now%3A${second.name}$`));
  await expect(page.getByRole('list', { name: 'Applications that differ' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Nothing is compared yet' })).toBeHidden();
});

test('an environment without differences says so', async ({ page }) => {
  await page.goto('/compare?from=now:Quality&to=now:Quality');
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'Nothing differs' })).toBeVisible();
});

test('versions are compared from the application, environments from their card', async ({ page }) => {
  await page.goto('/applications');
  await hydrated(page);
  await page.getByRole('link', { name: 'Claims Portal', exact: true }).click();
  const link = page.getByRole('link', { name: /: Compare with / }).first();
  await link.click();
  await expect(page.getByRole('heading', { level: 1, name: 'Compare' })).toBeVisible();
  await expect(page).toHaveURL(/from=version%3A/);
  await page.goto('/environments');
  await hydrated(page);
  await page.getByRole('button', { name: 'More for Development' }).click();
  await page.getByRole('menuitem', { name: 'Compare with Quality' }).click();
  await expect(page).toHaveURL(/\/compare\?from=now%3ADevelopment&to=now%3AQuality/);
});

test('what is the same is listed on request, by address', async ({ page, demo }) => {
  await page.goto('/compare?from=now:Quality&to=now:Quality');
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'Nothing differs' })).toBeVisible();
  const same = page.getByRole('region', { name: 'The same on both sides' });
  await expect(same).toHaveCount(0);
  await page.getByRole('button', { name: /^List the \d+ that are the same$/ }).click();
  await expect(page).toHaveURL(/&same=listed$/);
  await expect(same.getByRole('link', { name: demo.applications[0] }).first()).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Leave out what is the same' }).click();
  await expect(page).not.toHaveURL(/same=/);
  await expect(same).toHaveCount(0);
});

test('any version is found by name and number, on either side', async ({ page }) => {
  await page.goto('/compare?from=now:Quality&to=now:Production');
  await hydrated(page);
  await page.getByLabel('From', { exact: true }).selectOption('A version of an application');
  await page.getByRole('combobox', { name: 'From: application of the version' }).fill('rating');
  await page.getByRole('option', { name: 'Rating Engine' }).click();
  const version = page.getByRole('combobox', { name: 'From: version of Rating Engine' });
  await version.fill('6.20');
  await expect(page.getByRole('listbox').getByRole('option')).toHaveCount(1);
  await version.press('Enter');
  await expect(page).toHaveURL(/from=version%3A[0-9a-f-]+&to=now%3AProduction/);
  await expect(page.getByRole('button', { name: /^From: Rating Engine 6\.20/ })).toBeVisible();
  await expectAccessible(page);
});

test('what does not exist is said', async ({ page, said }) => {
  await page.goto('/compare?from=now:Nowhere&to=now:Quality');
  await hydrated(page);
  await expect(page.getByText('The environment "Nowhere"')).toBeVisible();
  await page.goto('/plans/99999/changes');
  await hydrated(page);
  await expect(page.getByText('Plan #99999')).toHaveCount(2);
  said.length = 0;
});

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`is accessible and fits in ${scheme} at ${width}`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.goto('/compare?from=now:Production&to=now:Development');
      await hydrated(page);
      await expect(page.getByRole('list', { name: 'Applications that differ' })).toBeVisible();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    });
  }
}
