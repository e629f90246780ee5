// The plan editor: applications, operations, the check at every change, fixes, saving.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, listen, test } from '../fixtures';
import { addApplication, newPlan, row, saved, verdict } from './plan-story';

test('a plan is made, checked at every change, saved and found in the list', async ({ page, demo }) => {
  const [source, target] = demo.environments;
  await page.goto('/plans');
  await hydrated(page);
  await page.getByRole('button', { name: 'Create new deployment plan' }).first().click();
  const create = page.getByRole('dialog', { name: 'Create new deployment plan' });
  await create.getByLabel('Source').selectOption(source.name);
  await create.getByLabel('Target').selectOption(target.name);
  await create.getByRole('button', { name: 'Continue' }).click();
  await expect(page).toHaveURL(/\/plans\/\d+$/);
  const number = Number(new URL(page.url()).pathname.split('/').pop());
  await addApplication(page, 'Claims Portal');
  await addApplication(page, 'Harbour UI');

  // Claims Core in the target is too old for what the source runs of Claims Portal.
  const title = page.locator('#verdict-title');
  const findings = page.locator('#findings');
  const choice = page.getByLabel('What to do with Claims Portal', { exact: true });
  await expect(title).toHaveText(/^Cannot run yet/);
  await expect(findings).toContainText('Claims');
  await expect(page.getByRole('button', { name: 'Deploy now' })).toHaveAttribute('aria-disabled', 'true');
  const tag = await choice.inputValue();
  await choice.selectOption('Do nothing');
  await expect(title).toHaveText('Ready to run');
  await expect(findings).not.toContainText('Claims Core');
  await expect(row(page, 'Claims Portal')).toContainText('no change');
  await choice.selectOption(tag);
  await expect(title).toHaveText(/^Cannot run yet/);
  await expect(findings).toContainText('Claims Core');

  // Saved at once after the last letter, several times: what was typed is part of it.
  const notes = page.getByRole('textbox', { name: 'Deployment notes' });
  const word = `night${Date.now()}`;
  for (const text of ['Tell the desk', 'Tell the desk and the', `Tell the desk and the ${word} shift`]) {
    await notes.fill(text);
    await page.keyboard.press('Control+s');
    await saved(page, number);
    await expect(page.getByText('Saved, not run')).toBeVisible();
  }
  // And with keys that go on while it is being saved.
  await notes.press('End');
  await page.keyboard.press('Control+s');
  await page.keyboard.type(', then the ferry', { delay: 20 });
  await saved(page, number);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await saved(page, number);
  await expect(page.getByText('Saved, not run')).toBeVisible();
  await expect(page.getByText('Somebody else changed this plan')).toHaveCount(0);
  await page.reload();
  await hydrated(page);
  await expect(notes).toHaveValue(`Tell the desk and the ${word} shift, then the ferry`);
  await expect(choice).toHaveValue(tag);

  await page.goto('/plans');
  await hydrated(page);
  await page.getByRole('searchbox').pressSequentially(word, { delay: 30 });
  await expect(page).toHaveURL(new RegExp(`search=${word}`));
  await expect(page.getByText(/^1 of \d+ plans? match/)).toBeVisible();
  await expect(page.getByRole('searchbox')).toBeFocused();
  await expect(page.getByRole('searchbox')).toHaveValue(word);
  const found = page.getByRole('row').filter({ hasText: `#${number}` });
  await expect(found).toContainText('Saved');
  await found.getByRole('link', { name: new RegExp(`^#${number} `) }).click();
  await expect(notes).toHaveValue(new RegExp(word));
});

/** Also while it cannot be pressed: its name then says why. */
const SAVE = /^Save$/;

test('who changes a plan that somebody else changed chooses which changes count', async ({ page, demo, browser }) => {
  test.setTimeout(150_000);
  const number = await newPlan(page, demo);
  await addApplication(page, 'Claims Portal');
  await addApplication(page, 'Harbour UI');
  await page.getByRole('button', { name: SAVE }).click();
  await saved(page, number);
  const context = await browser.newContext({ storageState: demo.storage, baseURL: demo.url });
  const other = await context.newPage();
  const said = listen(other);
  await other.goto(`/plans/${number}`);
  await hydrated(other);
  const portal = 'What to do with Claims Portal';
  const ui = 'What to do with Harbour UI';
  await expect(other.getByLabel(ui, { exact: true })).toBeVisible();

  for (const keeps of [true, false]) {
    // What the one changes reaches the other only after the other has changed something too.
    const held: (() => Promise<void>)[] = [];
    let open = false;
    await other.route('**/api/find_plan', async (route) => {
      if (open) await route.continue();
      else held.push(() => route.continue());
    });
    await choose(page.getByLabel(portal, { exact: true }), keeps ? 'Do nothing' : /^Deploy /);
    await expect.poll(() => held.length).toBeGreaterThan(0);
    await choose(other.getByLabel(ui, { exact: true }), keeps ? 'Do nothing' : /^Deploy /);
    const notice = other.getByRole('alert').filter({ hasText: '1 change of yours did not reach the server' });
    // Whose the other changes are is asked as well.
    await expect(notice).toContainText('Somebody else changed this plan at the same time');
    await expect(other.getByRole('button', { name: SAVE })).toHaveAttribute('aria-disabled', 'true');
    if (keeps) await expectAccessible(other);
    open = true;
    for (const go of held) await go();
    // It is the same person here, at another screen.
    await expect(notice).toContainText('You changed this plan in another window at the same time');
    await notice.getByRole('button', { name: keeps ? 'Put mine on top of theirs' : 'Load theirs' }).click();
    await expect(notice).toBeHidden();
    await other.unroute('**/api/find_plan');
    const theirs = await page.getByLabel(portal, { exact: true }).inputValue();
    await expect(other.getByLabel(portal, { exact: true })).toHaveValue(theirs);
    // Kept, it reaches the first browser; dropped, it is gone from the second. "Do nothing" both times.
    await expect(page.getByLabel(ui, { exact: true })).toHaveValue('nothing');
    await expect(other.getByLabel(ui, { exact: true })).toHaveValue('nothing');
  }
  // The browser itself reports the answers 409; nothing else may be said.
  expect(said.filter((line) => !line.includes('409'))).toEqual([]);
  await context.close();
});

test('undo takes back one step, keeps what came after it, and works from another screen', async ({ page, demo }) => {
  const number = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  await page.getByRole('button', { name: SAVE }).click();
  await saved(page, number);
  await addApplication(page, 'Claims Portal');
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  await page.getByRole('button', { name: 'Add missing producers' }).click();
  await expect(page.getByRole('button', { name: 'Remove Claims Core from the plan' })).toBeVisible();
  await page.getByLabel('What to do with Harbour UI', { exact: true }).selectOption('Do nothing');
  await page.getByRole('link', { name: 'Environments', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click();
  await expect(page).toHaveURL(/\/environments$/);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText(`Undone in plan #${number}`)).toBeVisible();
  await page.goto(`/plans/${number}`);
  await hydrated(page);
  await expect(row(page, 'Claims Portal')).toBeVisible();
  await expect(page.getByLabel('What to do with Harbour UI', { exact: true })).toHaveValue('nothing');
  await expect(page.getByRole('button', { name: 'Remove Claims Core from the plan' })).toHaveCount(0);
  await expect(page.getByText('Changed since it was saved')).toBeVisible();
});

test('what is saved is not offered to be undone', async ({ page, demo }) => {
  const number = await newPlan(page, demo);
  await addApplication(page, 'Claims Portal');
  await page.getByRole('button', { name: 'Add missing producers' }).click();
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  await page.getByRole('button', { name: SAVE }).click();
  await saved(page, number);
  await expect(page.getByRole('button', { name: 'Undo' })).toHaveCount(0);
});

test('leaving a saved plan with changes asks, and can save on the way', async ({ page, demo }) => {
  const number = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  await page.getByRole('button', { name: SAVE }).click();
  await saved(page, number);
  const dialog = page.getByRole('dialog', { name: `Leave plan #${number} with unsaved changes?` });
  const away = page.getByRole('link', { name: 'Environments', exact: true }).first();
  const notes = page.getByRole('textbox', { name: 'Deployment notes' });

  await notes.fill('Left and not saved');
  await away.click();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Leave', exact: true }).click();
  await expect(page).toHaveURL(/\/environments$/);
  await page.goto(`/plans/${number}`);
  await hydrated(page);
  // Everybody edits one working copy: it is there, and it is not saved.
  await expect(page.getByText('Changed since it was saved')).toBeVisible();
  await expect(notes).toHaveValue('Left and not saved');

  await notes.fill('Saved on the way');
  await away.click();
  await dialog.getByRole('button', { name: 'Save and leave' }).click();
  await expect(page).toHaveURL(/\/environments$/);
  await page.goto(`/plans/${number}`);
  await hydrated(page);
  await expect(page.getByText('Saved, not run')).toBeVisible();
  await expect(notes).toHaveValue('Saved on the way');
});

test('missing producers are named with the path to them and added by one press', async ({ page, demo }) => {
  await newPlan(page, demo);
  const add = page.getByRole('button', { name: 'Add missing producers' });
  for (const candidate of demo.applications) {
    await page.getByRole('button', { name: 'Add applications' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Add applications' });
    await dialog.getByRole('searchbox').fill(candidate);
    const box = dialog.getByRole('checkbox', { name: candidate });
    // Not everything differs; what does is there soon.
    if (!(await box.waitFor({ timeout: 3_000 }).then(() => true, () => false))) {
      await page.keyboard.press('Escape');
      continue;
    }
    await box.check();
    await dialog.getByRole('button', { name: 'Add 1 application to plan' }).click();
    if ((await verdict(page)).startsWith('Cannot') && (await row(page, 'missing producer').count()) > 0) break;
    await page.getByRole('button', { name: `Remove ${candidate} from the plan` }).click();
  }
  await expect(page.getByText('missing producer').first()).toBeVisible();
  // Which one it is hangs on what other specs have brought; the path to it is always told.
  await expect(page.locator('.finding .path').first()).toContainText('→');
  await expectAccessible(page);
  await add.click();
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('#verdict-title')).toHaveText(/Cannot run yet/);
});

test('the server validates and agrees with the page', async ({ page, demo }) => {
  await newPlan(page, demo);
  await addApplication(page);
  await verdict(page);
  await page.getByRole('button', { name: 'Validate' }).click();
  await expect(page.getByText('Validated by the server')).toBeVisible();
});

test('where a browser may not check, the server does, and the page says so', async ({ page, demo, said }) => {
  const message = 'This plan is checked against 12,000 modules with 90,000 references, more than a browser checks.';
  await page.route('**/api/read_slice', (route) =>
    route.fulfill({ status: 409, contentType: 'application/x-postcard', body: conflict('slice_too_large', message) }),
  );
  await newPlan(page, demo);
  await addApplication(page, 'Broker Portal');
  const why = page.locator('#verdict-why');
  await expect(why).toHaveText(`${message} The server checks it at every change.`);
  // Document Vault is missing in Quality: the server finds it, and finds it settled.
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  await page.getByRole('button', { name: 'Add missing producers' }).click();
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await expect(why).toContainText('The server checks it at every change.');
  said.splice(0, said.length, ...said.filter((line) => !line.includes('409')));
});

test('a check that could not begin says so, and begins when it is asked for', async ({ page, demo, said }) => {
  await page.route('**/api/read_slice', (route) => route.abort());
  await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  const panel = page.getByRole('complementary', { name: 'Validation' });
  await expect(page.locator('#verdict-why')).toHaveText('The check could not begin.');
  await expect(panel).toContainText('Slipway did not answer.');
  await page.unroute('**/api/read_slice');
  await panel.getByRole('button', { name: 'Try now' }).click();
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await expect(panel).not.toContainText('Slipway did not answer.');
  // What the browser itself says of a request that failed.
  said.splice(0, said.length, ...said.filter((line) => !line.includes('ERR_FAILED')));
});

test('changes that nobody saved are seen by a second editor and in the list', async ({ page, context, demo }) => {
  const number = await newPlan(page, demo);
  const name = await addApplication(page, 'Harbour UI');
  await page.getByRole('button', { name: SAVE }).click();
  await expect(page.getByText('Saved, not run')).toBeVisible();
  const choose = (editor: typeof page, value: string) =>
    editor.getByLabel(`What to do with ${name}`).selectOption({ label: value });
  await choose(page, 'Do nothing');
  await expect(page.getByText('Changed since it was saved')).toBeVisible();
  const second = await context.newPage();
  await second.goto(`/plans/${number}`);
  await hydrated(second);
  await expect(second.getByText('Changed since it was saved')).toBeVisible();
  await second.getByRole('button', { name: SAVE }).click();
  await expect(second.getByText('Saved, not run')).toBeVisible();
  await expect(page.getByText('Saved, not run')).toBeVisible();
  // Changed once more, and forgotten: the list does not run what nobody saved.
  const taken = second.waitForResponse((response) => response.url().includes('/api/edit_plan'));
  await choose(second, 'Deploy 9.5');
  await expect(second.getByText('Changed since it was saved')).toBeVisible();
  // A tab that is closed sends nothing any more.
  await taken;
  await second.close();
  await page.goto('/plans');
  await hydrated(page);
  const listed = page.getByRole('row').filter({ hasText: `#${number}` });
  await expect(listed).toContainText('Changed since it was saved');
  await listed.getByRole('link', { name: /^Deploy now/ }).click();
  await expect(page).toHaveURL(new RegExp(`/plans/${number}$`));
  await expect(page.getByText('Changed since it was saved')).toBeVisible();
});

test('leaving a draft asks, and discarding it is forgotten', async ({ page, demo, said }) => {
  const number = await newPlan(page, demo);
  await addApplication(page);
  await page.getByRole('link', { name: 'Environments', exact: true }).first().click();
  const dialog = page.getByRole('dialog', { name: `Save plan #${number} before you leave?` });
  await dialog.getByRole('button', { name: 'Stay' }).click();
  await expect(page).toHaveURL(new RegExp(`/plans/${number}$`));
  await page.getByRole('link', { name: 'Environments', exact: true }).first().click();
  await dialog.getByRole('button', { name: 'Discard draft' }).click();
  await expect(page).toHaveURL(/\/environments$/);
  await page.goto(`/plans/${number}`);
  await expect(page.getByText('The plan cannot be shown')).toBeVisible();
  // The browser itself reports the answer 404 to the address; nothing else may be said.
  said.splice(0, said.length, ...said.filter((line) => !(line.includes('404') && !line.includes('/api/'))));
});

test('a draft that is discarded in another tab is nothing to complain of', async ({ page, demo, context }) => {
  const number = await newPlan(page, demo);
  await addApplication(page);
  const other = await context.newPage();
  await other.goto(`/plans/${number}`);
  await hydrated(other);
  await other.getByRole('button', { name: 'More', exact: true }).click();
  await other.getByRole('menuitem', { name: 'Discard draft' }).click();
  await other.getByRole('dialog', { name: `Discard plan #${number}?` }).getByRole('button', { name: 'Discard plan' }).click();
  await expect(other).toHaveURL(/\/plans$/);
  // This page is told, asks, and says so; the browser has no refusal to report.
  await expect(page.getByRole('heading', { name: / discarded this draft$/ })).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('What was changed in it is gone with it. Nothing was deployed.');
  await expectAccessible(page);
  await other.close();
});

for (const [scheme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as const) {
  test(`is accessible and fits, ${scheme}, ${width} px`, async ({ page, demo }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await newPlan(page, demo);
    await addApplication(page);
    await verdict(page);
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
}

/** Chooses the option with this text, or the first one whose text matches. */
async function choose(select: import('@playwright/test').Locator, option: string | RegExp): Promise<void> {
  const texts = await select.locator('option').allInnerTexts();
  const text = texts.map((t) => t.trim()).find((t) => (typeof option === 'string' ? t === option : option.test(t)));
  if (!text) throw new Error(`no option ${option} among ${texts.join(', ')}`);
  await select.selectOption({ label: text });
}

/** A refusal as the server writes it: the compact form (app/src/wire.rs) of a conflict. */
function conflict(code: string, message: string): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    if (bytes.length > 127) throw new Error('a longer text has a longer length');
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  };
  // ApiError::App, AppError::Conflict.
  return Buffer.concat([Buffer.from([0, 2]), text(code), text(message)]);
}
