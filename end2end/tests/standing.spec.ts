// The list of plans as they stand: what is under way, what is saved, and what is over, by day.

import { expect, hydrated, test } from '../fixtures';
import type { Page } from '@playwright/test';
import { addApplication, makeReady, newPlan, saved } from './plan-story';
import { ownApplication } from './publish';

/** The head of the part in which the list has a plan. */
const partOf = (page: Page, number: number) =>
  page.locator(`[data-plan="${number}"]`).evaluate((row) => {
    let head = row.previousElementSibling;
    while (head && !head.classList.contains('grp')) head = head.previousElementSibling;
    return head?.textContent?.trim() ?? '';
  });

test('a plan stands where it belongs, and moves on when nobody is in the list', async ({ page, demo, context }) => {
  test.setTimeout(180_000);
  const { name, publish } = ownApplication(demo, 'Standing', 1500);
  publish('one');
  const number = await newPlan(page, demo);
  await addApplication(page, name);
  await makeReady(page);
  await page.getByRole('button', { name: 'Save', exact: true }).first().click();
  await saved(page, number);

  const list = await context.newPage();
  await list.goto('/plans');
  await hydrated(list);
  const row = list.locator(`[data-plan="${number}"]`);
  await expect(row).toBeVisible();
  expect(await partOf(list, number)).toBe('Saved not started');
  // What is over stands below everything that is not.
  const parts = await list.getByRole('region', { name: 'Plans', exact: true }).locator('.grp').allInnerTexts();
  expect(parts.map((part) => part.split(' ')[0])).toContain('Saved');
  const today = parts.findIndex((part) => part.startsWith('Today'));
  expect(today).toBeGreaterThan(parts.findIndex((part) => part.startsWith('Saved')));
  expect(new Set(parts).size).toBe(parts.length);

  // It runs and ends while the pointer is on it: it tells so and stays.
  await row.getByRole('link', { name }).hover();
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(row.getByText('Finished', { exact: true })).toBeVisible({ timeout: 120_000 });
  expect(await partOf(list, number)).toBe('Saved not started');
  await list.mouse.move(2, 2);
  await expect.poll(() => partOf(list, number)).toBe('Today');

  // By another order, or where a filter narrows it, the list is in one.
  await list.getByRole('button', { name: /^Plan: sort/ }).click();
  await expect(list).toHaveURL(/sort=name$/);
  await expect(list.locator('.grp')).toHaveCount(0);
  await list.goto(`/plans?search=${encodeURIComponent(name)}`);
  await expect(row).toBeVisible();
  await expect(list.locator('.grp')).toHaveCount(0);
});
