// An application's versions: searched, tagged again from an older state, taken along, removed.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';
import { ownApplication } from './publish';

test('an older state is tagged again, and a version nobody needs is removed', async ({ page, demo }) => {
  test.setTimeout(180_000);
  const own = ownApplication(demo, 'Log Book', 81);
  const tag = async (words: string) => {
    await page.getByRole('button', { name: 'Tag a version…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Tag a version of Log Book' });
    await dialog.getByLabel('What changed').fill(words);
    await dialog.getByRole('button', { name: /^Tag \d/ }).click();
    await expect(dialog).toBeHidden();
  };
  own.publish('one');
  await page.goto('/applications?search=Log+Book');
  await hydrated(page);
  await page.getByRole('link', { name: 'Log Book' }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Log Book' })).toBeVisible();
  await tag('Pages as they were');
  own.publish('two');
  await expect(page.getByRole('list', { name: 'Where it runs' })).toContainText('Modified');
  await tag('A new cover');
  const versions = page.getByRole('region', { name: 'Versions', exact: true });
  const line = (number: string) => versions.getByRole('listitem').filter({ has: page.getByText(number, { exact: true }) });
  await expect(line('0.2')).toContainText('A new cover');

  // Looked for in what they say; the address holds it.
  await versions.getByLabel('Search versions').fill('COVER');
  await expect(line('0.1')).toHaveCount(0);
  await expect(line('0.2')).toBeVisible();
  await expect(page).toHaveURL(/change=COVER/);
  await page.reload();
  await hydrated(page);
  await expect(line('0.2')).toBeVisible();
  await expect(line('0.1')).toHaveCount(0);
  await versions.getByLabel('Search versions').fill('anchor');
  await expect(versions).toContainText('None of the 2 versions has “anchor” in its number or in what it says');
  await versions.getByLabel('Search versions').fill('');
  await expect(line('0.1')).toBeVisible();
  await expect(page).not.toHaveURL(/change=/);

  // Tagged again, from the list and by the keyboard.
  await line('0.1').getByRole('button', { name: 'More for 0.1' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Tag again…' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Tag a version of Log Book' });
  await expect(dialog.getByLabel('Based on')).toHaveValue(/.+/);
  await expect(dialog.getByLabel('New tag')).toHaveValue('0.1.1');
  await expect(dialog.getByLabel('State of LogBookPages')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  // The base can be changed, and back.
  await dialog.getByLabel('Based on').selectOption({ label: 'What runs there now' });
  await expect(dialog.getByLabel('New tag')).toHaveValue('0.3');
  await expect(dialog).toContainText('Nothing has changed since the last tag.');
  await dialog.getByLabel('Based on').selectOption({ label: '0.1' });
  await expect(dialog.getByLabel('New tag')).toHaveValue('0.1.1');
  await dialog.getByLabel('New tag').fill('0.2');
  await expect(dialog.getByText('Log Book has a version 0.2 already. Choose the next number.').first()).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Tag', exact: true })).toHaveAttribute('aria-disabled', 'true');
  await dialog.getByLabel('New tag').fill('0.3');
  await dialog.getByLabel('What changed').fill('Back to the old cover');
  await dialog.getByRole('button', { name: 'Tag 0.3' }).click();
  await expect(dialog).toBeHidden();
  await expect(line('0.3')).toContainText('Back to the old cover');
  await expect(line('0.3')).toContainText('nowhere');

  // Taken along as one file.
  await line('0.3').getByRole('button', { name: 'More for 0.3' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Download package' }).click();
  expect((await saving).suggestedFilename()).toBe('Log-Book-0.3.tar');

  // What runs stays; what nobody needs goes, after a question.
  await line('0.2').getByRole('button', { name: 'More for 0.2' }).click();
  await expect(page.getByRole('menuitem', { name: 'Delete version…' })).toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.press('Escape');
  await line('0.3').getByRole('button', { name: 'More for 0.3' }).click();
  await page.getByRole('menuitem', { name: 'Delete version…' }).click();
  const question = page.getByRole('dialog', { name: 'Delete Log Book 0.3?' });
  await expectAccessible(page);
  await question.getByRole('button', { name: 'Keep it' }).click();
  await expect(question).toBeHidden();
  await line('0.3').getByRole('button', { name: 'More for 0.3' }).click();
  await page.getByRole('menuitem', { name: 'Delete version…' }).click();
  await question.getByRole('button', { name: 'Delete version' }).click();
  await expect(question).toBeHidden();
  await expect(line('0.3')).toHaveCount(0);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
});
