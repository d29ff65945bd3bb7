// @ts-check
import { run } from '../setup/run.mjs'

/**
 * Makes an ext4 image of a folder. Nothing is mounted, so this needs no root.
 * @param {string | undefined} folder undefined for an empty one
 * @param {string} file
 * @param {number} megabytes the file has holes where nothing is
 */
export async function makeImage(folder, file, megabytes) {
  const content = folder ? ['-d', folder] : []
  await run('netfs-mke2fs', 'mke2fs', ['-q', '-F', '-t', 'ext4', ...content, file, `${megabytes}M`])
}
