// @ts-check
// npm run docs: generates docs/api.md from the docstrings.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiPage } from './docs/api-page.mjs'
import { entryPoints } from './docs/entry-points.mjs'
import { root } from './setup/places.mjs'

writeFileSync(join(root, 'docs', 'api.md'), apiPage(entryPoints()))
