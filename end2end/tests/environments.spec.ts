// Environments: agents, synchronizing, registering one with a join code, the order.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';

test.describe.configure({ mode: 'serial' });

test.beforeEach(async ({ page }) => {
  await page.goto('/environments');
  await hydrated(page);
});

test('shows every environment in order with its agent', async ({ page, demo }) => {
  const list = page.getByRole('list', { name: 'In promotion order' });
  await expect(list.getByRole('heading')).toHaveText(demo.environments.map((environment) => environment.name));
  for (const environment of demo.environments) {
    const card = page.getByRole('article', { name: environment.name });
    await expect(card).toContainText('Online');
    await expect(card.getByRole('link', { name: environment.url.replace(/\/$/, '') })).toBeVisible();
  }
});

test('synchronizes now', async ({ page, demo }) => {
  const card = page.getByRole('article', { name: demo.environments[0].name });
  const time = card.getByText('Last synchronization').locator('xpath=following-sibling::dd[1]').locator('time');
  const before = (await time.count()) > 0 ? await time.getAttribute('datetime') : '';
  const button = card.getByRole('button', { name: /Synchronize now/ });
  await page.waitForFunction(
    ([text]) => new Date().toISOString().slice(0, 19) + 'Z' !== text,
    [before],
  );
  await button.click();
  await expect
    .poll(async () => ((await time.count()) > 0 ? time.getAttribute('datetime') : ''))
    .not.toBe(before);
  await expect(button).not.toHaveAttribute('aria-busy', 'true');
});

test('an open menu stays open while the facts below it change', async ({ page, demo, context }) => {
  const name = demo.environments[1].name;
  const time = page
    .getByRole('article', { name })
    .getByText('Last synchronization')
    .locator('xpath=following-sibling::dd[1]')
    .locator('time');
  const before = await time.getAttribute('datetime');
  await page.getByRole('button', { name: `More for ${name}` }).click();
  const item = page.getByRole('menuitem', { name: 'Get a join code' });
  await expect(item).toBeFocused();
  await page.waitForFunction(([text]) => new Date().toISOString().slice(0, 19) + 'Z' !== text, [before]);
  const other = await context.newPage();
  await other.goto('/environments');
  await hydrated(other);
  await other.getByRole('button', { name: `Synchronize now: ${name}` }).click();
  await expect.poll(() => time.getAttribute('datetime')).not.toBe(before);
  await other.close();
  await expect(item).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(item).toBeHidden();
});

test('registers an environment and shows the join command once', async ({ page, demo }) => {
  await page.getByRole('button', { name: 'Register environment' }).click();
  const dialog = page.getByRole('dialog', { name: 'Register an environment' });
  await dialog.getByRole('button', { name: 'Register environment' }).click();
  await expect(dialog.getByText('A name is needed.').first()).toBeVisible();
  await expectAccessible(page);
  await dialog.getByLabel('Name').fill('Training');
  await dialog.getByLabel('Purpose').selectOption('Test');
  await dialog.getByRole('button', { name: 'Register environment' }).click();
  const join = page.getByRole('dialog', { name: 'Join an agent to Training' });
  await expect(join.getByTestId('join-command')).toHaveText(
    new RegExp(`^slipway agent join --console ${demo.url.replace(/\/$/, '')} --code \\S+$`),
  );
  await expectAccessible(page);
  await join.getByRole('button', { name: 'Done' }).click();
  const card = page.getByRole('article', { name: 'Training' });
  await expect(card).toContainText('Not joined yet');
  await expect(card.getByRole('button', { name: /Synchronize now/ })).toHaveAttribute('aria-disabled', 'true');
});

test('renames an environment, and removes one that was never used', async ({ page, demo }) => {
  await page.getByRole('button', { name: 'More for Training' }).click();
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  const rename = page.getByRole('dialog', { name: 'Rename Training' });
  await rename.getByLabel('Name').fill('School');
  await expectAccessible(page);
  await rename.getByRole('button', { name: 'Rename' }).click();
  const card = page.getByRole('article', { name: 'School' });
  await expect(card).toContainText('Not joined yet');
  await page.getByRole('button', { name: 'More for School' }).click();
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await page.getByRole('dialog', { name: 'Remove School?' }).getByRole('button', { name: 'Remove environment' }).click();
  await expect(card).toHaveCount(0);
  // One that an agent has joined stays, and the menu says why.
  await page.getByRole('button', { name: `More for ${demo.environments[0].name}` }).click();
  const remove = page.getByRole('menuitem', { name: 'Remove…', exact: true });
  await expect(remove).toHaveAccessibleDescription(/An agent has joined it/);
  await expect(remove.getByText('An agent has joined it')).toBeVisible();
});

test('warns before it shows a code that would end an agent\'s right', async ({ page, demo }) => {
  const name = demo.environments[0].name;
  await page.getByRole('button', { name: `More for ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Get a join code' }).click();
  const dialog = page.getByRole('dialog', { name: `Join an agent to ${name}` });
  await expect(dialog).toContainText(`${name} has an agent. Using a new code ends that agent's right`);
  await expect(dialog.getByTestId('join-command')).toHaveCount(0);
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Get a join code' }).click();
  await expect(dialog.getByTestId('join-command')).toContainText('slipway agent join');
  await dialog.getByRole('button', { name: 'Done' }).click();
});

test('asks before it changes the order', async ({ page }) => {
  const list = page.getByRole('list', { name: 'In promotion order' });
  const before = await list.getByRole('heading').allInnerTexts();
  const [first, second] = before.slice(-2);
  await page.getByRole('button', { name: `More for ${first}` }).click();
  await page.getByRole('menuitem', { name: `Move after ${second}…` }).click();
  const dialog = page.getByRole('dialog', { name: `Move ${first} after ${second}?` });
  await dialog.getByRole('button', { name: 'Keep the order' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('button', { name: `More for ${first}` }).click();
  await page.getByRole('menuitem', { name: `Move after ${second}…` }).click();
  await dialog.getByRole('button', { name: 'Change the order' }).click();
  await expect(list.getByRole('heading').last()).toHaveText(first);
  // Other specs of this demo go by the order that it came with.
  await page.getByRole('button', { name: `More for ${second}` }).click();
  await page.getByRole('menuitem', { name: `Move after ${first}…` }).click();
  const back = page.getByRole('dialog', { name: `Move ${second} after ${first}?` });
  await back.getByRole('button', { name: 'Change the order' }).click();
  await expect(list.getByRole('heading').last()).toHaveText(second);
});

for (const [theme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as const) {
  test(`is accessible and fits in ${theme} at ${width}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width, height: 900 });
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
}
