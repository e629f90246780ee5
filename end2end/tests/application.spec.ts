// One application: where it runs, its modules, versions and references; tagging a version.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';

const open = async (page: import('@playwright/test').Page, name: string) => {
  await page.goto('/applications');
  await hydrated(page);
  await page.getByRole('rowheader', { name }).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
};

test('shows lanes, modules, versions and references', async ({ page, demo }) => {
  await open(page, demo.applications[0]);
  const lanes = page.getByRole('list', { name: 'Where it runs' });
  await expect(lanes.getByRole('heading')).toHaveText(demo.environments.map((environment) => environment.name));
  const modules = page.getByRole('table', { name: 'What each environment runs of each module' });
  await expect(modules.getByRole('rowheader').first()).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Versions', exact: true })).toBeVisible();
  await expect(page.getByRole('img', { name: /uses .* and is used by/ })).toBeVisible();
  await page.getByText(/As a table/).click();
  await expect(page.getByRole('table', { name: /Modules that bind/ })).toBeVisible();
});

test('keeps the environment of the graph in the address', async ({ page, demo }) => {
  await open(page, demo.applications[0]);
  const second = demo.environments[1].name;
  await page.getByLabel('Environment of the graph').selectOption(second);
  await expect(page).toHaveURL(new RegExp(`\\?in=${second}$`));
  await page.reload();
  await hydrated(page);
  await expect(page.getByLabel('Environment of the graph')).toHaveValue(second);
});

test('opens the application where it runs', async ({ page, demo, context }) => {
  for (const name of demo.applications) {
    await open(page, name);
    const link = page.getByRole('link', { name: `Open in ${demo.environments[0].name}` });
    if ((await link.count()) === 0) continue;
    const [tab] = await Promise.all([context.waitForEvent('page'), link.click()]);
    await tab.waitForLoadState();
    expect(tab.url()).toContain(new URL(demo.environments[0].url).host);
    return;
  }
  throw new Error('no application of the sample has an address');
});

test('tags a version with the proposed number, and refuses one that cannot be it by itself', async ({ page, demo }) => {
  await open(page, demo.applications[0]);
  await page.getByRole('button', { name: /Tag a version/ }).click();
  const dialog = page.getByRole('dialog', { name: /Tag a version of/ });
  const number = dialog.getByLabel('New tag');
  await expect(number).toHaveValue(/^\d+\.\d+/);
  await expect(dialog.getByRole('list', { name: 'Modules in this tag' }).getByRole('listitem').first()).toBeVisible();
  const proposed = await number.inputValue();
  await number.fill('two');
  await expect(dialog.getByRole('button', { name: 'Tag', exact: true })).toHaveAttribute('aria-disabled', 'true');
  await expect(dialog.getByText(/A version number is made of numbers and dots/).first()).toBeVisible();
  await expect(number).toHaveAttribute('aria-invalid', 'true');
  await expectAccessible(page);
  // A number that is too low is known to be, without asking: the browser has nothing to complain of.
  await number.fill('0.0.1');
  await expect(dialog.getByText(/0\.0\.1 is not above .*Choose a higher number/).first()).toBeVisible();
  await number.fill(proposed);
  await dialog.getByLabel('What changed').fill('Tagged by a test');
  await page.keyboard.press('Control+Enter');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('status').getByText(`Tagged ${proposed}`)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Versions', exact: true })).toContainText('Tagged by a test');
});

test('says so when there is no such application', async ({ page, said }) => {
  await page.goto('/applications/00000000-0000-7000-8000-000000000000');
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'The application cannot be shown' })).toBeVisible();
  said.splice(0, said.length, ...said.filter((line) => !line.includes('404')));
});

for (const [theme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as const) {
  test(`is accessible and fits in ${theme} at ${width}`, async ({ page, demo }) => {
    await open(page, demo.applications[0]);
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width, height: 900 });
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
}
