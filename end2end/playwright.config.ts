import { defineConfig } from '@playwright/test';
import { existsSync } from 'node:fs';

// The system's Chromium first; Playwright's own where that is the one installed.
const chromium = process.env.SLIPWAY_CHROMIUM ?? '/usr/bin/chromium';
const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results',
  fullyParallel: true,
  workers: Number(process.env.SLIPWAY_WORKERS ?? 2),
  // A test that passes only when it is tried again has failed.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    // Light, wide, in the story's place and time; specs ask for other themes and widths themselves.
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    locale: 'en-GB',
    timezoneId: 'Europe/Lisbon',
    // Recording costs a third of the time; a failure leaves a screenshot and what stood on the page.
    trace: process.env.SLIPWAY_TRACE ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(existsSync(chromium) ? { executablePath: chromium } : {}),
      args: isRoot
        ? [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ]
        : ['--no-first-run', '--disable-background-networking'],
    },
  },
});
