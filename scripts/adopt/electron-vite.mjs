// @ts-check
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { npm, run } from '../setup/run.mjs'
import { editPackageJson } from './project.mjs'

const spec = '@quick-start/electron@1.0.30'

/**
 * @param {string} template
 * @returns {import('./templates.mjs').Template}
 */
export function electronVite(template) {
  return {
    spec: `${spec} ${template}`,
    make(project) {
      const args = ['create', '--yes', spec, basename(project), '--', '--template', template, '--skip']
      return npm('npm-create', args, dirname(project))
    },
    async package(project, name, { distDir, version, env }) {
      editPackageJson(project, { name })
      await run('npm-build', 'npm', ['run', 'build'], { cwd: project, env: { ...process.env, ...env } })
      const builder = join(project, 'node_modules', 'electron-builder', 'cli.js')
      const electron = [`-c.electronDist=${distDir}`, `-c.electronVersion=${version}`]
      const args = ['--dir', '--publish', 'never', ...electron, `-c.extraMetadata.name=${name}`]
      await run('electron-builder', process.execPath, [builder, ...args], { cwd: project })
      const release = join(project, 'dist')
      const unpacked = readdirSync(release).find((entry) => entry.endsWith('unpacked')) ?? ''
      return join(release, unpacked, name)
    },
  }
}
