// What stands on a screen while its rows are on their way: the shape of them, and words for who hears the page.
import { expect, expectAccessible, hydrated, test } from '../fixtures';

const SCREENS = [
  { name: 'Applications', asks: 'list_applications', row: 'Harbour UI' },
  { name: 'Deployment Plans', asks: 'list_plans', row: 'to Quality' },
  { name: 'Environments', asks: 'list_environments', row: 'Production' },
];

for (const { name, asks, row } of SCREENS) {
  test(`${name}: the shape of its rows until they are there`, async ({ page }) => {
    await page.goto('/about');
    await hydrated(page);
    let release = () => {};
    const held = new Promise<void>((resolve) => { release = resolve; });
    await page.route(`**/api/${asks}`, async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('link', { name, exact: true }).first().click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
    const shape = page.locator('main .skel');
    await expect(shape.first()).toBeVisible();
    await expect(page.locator('main').getByText(/^Loading/).first()).toBeAttached();
    await expectAccessible(page);
    release();
    await expect(page.locator('main').getByText(row).first()).toBeVisible();
    await expect(shape).toHaveCount(0);
  });
}
