// Svelte 5 reads TypeScript itself; accessibility warnings are errors (`npm run check`).
export default { compilerOptions: { runes: true } };
