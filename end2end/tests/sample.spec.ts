// The sample factory as every demo begins: what the matrix tells of it, and what differs between two of
// its environments. Its demo is its own, so that nobody has moved anything.

import { expect, signIn, test } from '../fixtures';
import { ownDemo, type OwnDemo } from './own-demo';
import { newPlan } from './plan-story';

/** What runs in Development, Quality and Production. */
const MATRIX: Record<string, [string, string, string]> = {
  'Harbour UI': ['9.5', '9.4', '9.4'],
  'Customer Core': ['3.8', '3.7', '3.7'],
  'Policy Core': ['5.3', '5.2', '5.2'],
  'Rating Engine': ['6.20', '6.19', '6.19.1'],
  'Claims Core': ['2.14', '2.13', '2.13'],
  'Notifications Hub': ['3.3', '3.3', '3.2'],
  'Document Vault': ['4.2', 'Not here', 'Not here'],
  'Claims Portal': ['2.14+', '2.13', '2.13'],
  'Broker Portal': ['3.8', '3.7', '3.7'],
};

let demo: OwnDemo;

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });
test.describe.configure({ mode: 'default', timeout: 120_000 });

test.beforeAll(async () => {
  test.setTimeout(180_000);
  demo = await ownDemo('sample');
});

test.afterAll(() => demo.end());

test.beforeEach(async ({ page }) => {
  await signIn(page, demo);
});

test('the matrix tells version, marks, last change and by whom in each environment', async ({ page }) => {
  const table = page.getByRole('table', { name: /Version of each application/ });
  await expect(table.getByRole('rowheader')).toHaveCount(Object.keys(MATRIX).length);
  const cell = (name: string, lane: number) =>
    table
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name, exact: true }) })
      .locator(`[data-lane="${demo.environments[lane]!.name}"]`);
  for (const [name, versions] of Object.entries(MATRIX)) {
    for (const [lane, version] of versions.entries()) {
      await expect(cell(name, lane).locator('.chip'), `${name} in ${lane}`).toHaveText(version);
      const changed = cell(name, lane).locator('.age');
      if (version === 'Not here') {
        await expect(changed).toHaveCount(0);
        continue;
      }
      await expect(changed).toHaveText(/^(now|\d+ (s|min)) ago by Ana Ribeiro$/);
      await expect(changed).toHaveAttribute('title', /^Changed by Ana Ribeiro, .*\d{4}.*\d\d:\d\d/);
    }
  }

  // One was modified since its tag, one runs a hotfix, and nothing else is marked.
  const modified = cell('Claims Portal', 0);
  await expect(modified.getByRole('img', { name: 'changed since this tag' })).toHaveText('+');
  await expect(modified.locator('.marks')).toHaveText('Modified');
  const hotfix = cell('Rating Engine', 2);
  await expect(hotfix.locator('.chip')).toHaveClass(/hotfix/);
  await expect(hotfix.locator('.marks')).toHaveText('Hotfix open');
  await expect(table.locator('.marks')).toHaveCount(2);

  // By whom is shown where the pointer is.
  const by = hotfix.locator('.by');
  expect((await by.boundingBox())!.width).toBeLessThanOrEqual(1);
  await hotfix.hover();
  await expect(by).toBeVisible();
});

test('without the switch With differences an application that is the same in both can be added', async ({ page }) => {
  await newPlan(page, demo);
  await page.getByRole('button', { name: 'Add applications' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add applications' });
  const differences = dialog.getByRole('switch', { name: 'With differences' });
  const differing = Object.entries(MATRIX).filter(([, [development, quality]]) => development !== quality);
  const same = dialog.getByRole('listitem').filter({ hasText: 'Notifications Hub' });
  await expect(differences).toBeChecked();
  await expect(dialog.getByRole('listitem')).toHaveCount(differing.length);
  await expect(same).toHaveCount(0);

  await dialog.getByText('With differences', { exact: true }).click();
  await expect(differences).not.toBeChecked();
  await expect(same).toContainText('2 modules, none differ');
  await expect(dialog.getByRole('listitem')).toHaveCount(Object.keys(MATRIX).length);
  await differences.press('Space');
  await expect(differences).toBeChecked();
  await expect(same).toHaveCount(0);
  await expect(dialog.getByRole('listitem')).toHaveCount(differing.length);

  // Who searches for it hears that it is hidden, and sees it without the filters.
  await dialog.getByRole('searchbox').fill('Notifications');
  await expect(dialog.getByRole('heading', { name: 'No application matches' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Clear filters' }).click();
  await expect(differences).not.toBeChecked();
  await dialog.getByRole('checkbox', { name: 'Notifications Hub' }).check();
  await dialog.getByRole('button', { name: 'Add 1 application to plan' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  await expect(page.locator('#findings')).toContainText('Nothing would change');
});
